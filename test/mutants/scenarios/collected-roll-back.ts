import { collect } from '../../../batch-layer/publish/collect.ts'
import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { Platform } from '../../laws/platform.ts'
import { assertAll, check, filledLog, publish, type Scenario, type Stage } from '../stage.ts'

const GRACE_MS = 60_000

/**
 * A roll-back finds its generation whole, and before it publishes it, a collection comes by, on another machine. Within
 * the grace period it may announce, not delete; and after it, what the roll-back named is no longer its to take.
 */
export const collectedRollBack: Scenario = {
  name: 'a collection begins while a roll-back is under way',
  views: ['plain'],
  async run(stage) {
    const platform = await collectionBeforePointer(stage, GRACE_MS, publisher => publisher.rollBack())
    await check(platform)
    await platform.collect(0)
    await assertAll(platform)
  },
}

/** Publishes two generations, then does `act`, and right before that inserts its pointer, a collection comes by. */
export async function collectionBeforePointer(
  stage: Stage,
  graceMs: number,
  act: (platform: Platform) => Promise<unknown>,
): Promise<Platform> {
  let interrupt: (() => Promise<void>) | undefined
  const platform = await stage.openPlatform(filledLog([0], 24), {
    clickhouseFaults: inner =>
      beforePointers(inner, async () => {
        const now = interrupt
        interrupt = undefined
        await now?.()
      }),
  })
  await platform.catchUp()
  for (const end of [9, 17]) {
    await platform.archiveTo(0, end)
    await publish(platform, 'full')
  }
  interrupt = async () => {
    const configured = stage.world.views.map(view => view.bound)
    for (let times = 0; times < 2; times++)
      await collect(stage.clickhouse(), { keep: 0, graceMs, minRows: 0, configured })
  }
  await act(platform)
  return platform
}

/** Does something first whenever a pointer is about to be inserted. */
function beforePointers(inner: ClickHouse, first: () => Promise<void>): ClickHouse {
  return {
    ...inner,
    insertSelect: async (sql, body, options) => {
      if (sql.startsWith('INSERT INTO pointers')) await first()
      return inner.insertSelect(sql, body, options)
    },
  }
}
