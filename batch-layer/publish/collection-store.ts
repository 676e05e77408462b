import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { isUnknownOutcome } from '../../core/io/clickhouse/errors.ts'
import { compareAndSwap } from '../../core/io/store/compare-and-swap.ts'
import { retryWait } from '../../core/io/store/retry-wait.ts'

/** Generations below this number can no longer be read: their rows are gone, or are about to go. */
export async function collectedFloor(clickhouse: ClickHouse): Promise<number> {
  const [row] = await clickhouse.rows<{ floor: string }>('SELECT max(floor_seq) AS floor FROM collections')
  return Number(row?.floor ?? 0)
}

/** The highest floor that was announced at least `graceMs` ago: rows below it may go. */
export async function dueFloor(clickhouse: ClickHouse, graceMs: number): Promise<number> {
  const [row] = await clickhouse.rows<{ floor: string }>(
    `SELECT max(floor_seq) AS floor FROM collections WHERE dateDiff('millisecond', at, now64(3)) >= {graceMs:Int64}`,
    { params: { graceMs } },
  )
  return Number(row?.floor ?? 0)
}

/** Announces that generations below `floor` will be collected; readers of them fail from here on. */
export async function announceFloor(clickhouse: ClickHouse, floor: number): Promise<void> {
  await compareAndSwap({
    token: `collection/${floor}`,
    isUnknownOutcome,
    wait: retryWait(60_000),
    insert: token =>
      clickhouse.command(
        `INSERT INTO collections SELECT {floor:UInt64}, '', now64(3)
         WHERE (SELECT max(floor_seq) FROM collections) < {floor:UInt64}`,
        { params: { floor }, settings: { insert_deduplication_token: token } },
      ),
    settle: async () => ((await collectedFloor(clickhouse)) >= floor ? 'ours' : 'absent'),
  })
}
