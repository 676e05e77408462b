import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import { publishPointer, readPointer } from '../../../core/io/store/pointer-store.ts'
import type { TwofoldError } from '../../../core/model/errors.ts'
import type { Pointer } from '../../../core/model/pointer.ts'
import type { Platform } from '../../laws/platform.ts'
import { assertAll, filledLog, publish, type Scenario } from '../stage.ts'

/** Two publish on the same pointer, and both have read that it is the newest before either is done. */
export const simultaneousPublishers: Scenario = {
  name: 'two publishers write the same pointer at the same moment',
  views: ['plain'],
  isRace: true,
  async run(stage) {
    let isSlow = false
    const platform = await stage.openPlatform(filledLog([0], 10), {
      clickhouseFaults: inner => slowPointers(inner, () => isSlow),
    })
    const pointer = await firstGeneration(platform)
    const { clickhouse } = platform.parts
    isSlow = true
    await Promise.allSettled([
      publishPointer(clickhouse, after(pointer)),
      publishPointer(clickhouse, after(pointer)),
    ])
    isSlow = false
    await assertAll(platform)
  },
}

/** A publisher stands still until others have published so much that its token is forgotten. */
export const stalePublisher: Scenario = {
  name: 'a publisher stands still until its token is forgotten, then publishes',
  views: ['plain'],
  async run(stage) {
    const platform = await stage.openPlatform(filledLog([0], 10))
    const { clickhouse } = platform.parts
    await clickhouse.command('ALTER TABLE pointers MODIFY SETTING non_replicated_deduplication_window = 2')
    const stale = after(await firstGeneration(platform))
    for (let others = 0; others < 3; others++)
      await publishPointer(clickhouse, after((await readPointer(clickhouse))!))
    await publishPointer(clickhouse, stale).catch(error => {
      if ((error as TwofoldError).code !== 'PUBLICATION_SUPERSEDED') throw error
    })
    await assertAll(platform)
  },
}

async function firstGeneration(platform: Platform): Promise<Pointer> {
  await platform.catchUp()
  await platform.archiveTo(0, 9)
  return (await publish(platform, 'extend')).pointer
}

/** Another pointer with the same lists. */
function after(pointer: Pointer): Pointer {
  return { ...pointer, seq: pointer.seq + 1, prev: pointer.seq, reason: 'resume' }
}

function slowPointers(inner: ClickHouse, isSlow: () => boolean): ClickHouse {
  const slow = (sql: string) =>
    isSlow() ? sql.replace('= {prev:UInt64} FORMAT', '= {prev:UInt64} AND sleepEachRow(1.5) = 0 FORMAT') : sql
  return { ...inner, insertSelect: (sql, body, options) => inner.insertSelect(slow(sql), body, options) }
}
