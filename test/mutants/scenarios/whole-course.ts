import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { Platform } from '../../laws/platform.ts'
import { assertAll, check, filledLog, publish, type Scenario } from '../stage.ts'

/** Both layers through all that they do, while every insert is sent twice. */
export const wholeCourse: Scenario = {
  name: 'both layers through all they do, every insert sent twice',
  views: ['plain', 'strict'],
  async run(stage) {
    const log = filledLog([0, 5], 40)
    const platform = await stage.openPlatform(log, { clickhouseFaults: twice })
    await advanceTo(platform, [10, 11])
    await check(platform)
    await archiveTo(platform, [11, 12])
    await publish(platform, 'extend')
    await archiveTo(
      platform,
      log.partitions.map(partition => log.end(partition)),
    )
    await publish(platform, 'full')
    await platform.catchUp()
    await platform.rollBack()
    await check(platform)
    await publish(platform, 'extend')
    await platform.collect(0)
    await assertAll(platform)
  },
}

/** Every insert is sent again once it has been answered, as after a lost answer. */
function twice(inner: ClickHouse): ClickHouse {
  return {
    ...inner,
    insertSelect: async (sql, body, options) => {
      const summary = await inner.insertSelect(sql, body, options)
      await inner.insertSelect(sql, body, options)
      return summary
    },
  }
}

async function advanceTo(platform: Platform, ends: readonly number[]): Promise<void> {
  for (const view of platform.views) await platform.advance(view, 0, new Map(ends.entries()))
}

async function archiveTo(platform: Platform, ends: readonly number[]): Promise<void> {
  for (const [partition, end] of ends.entries()) await platform.archiveTo(partition, end)
}
