import type { ClickHouse } from '../core/io/clickhouse/client.ts'
import { isUnknownOutcome } from '../core/io/clickhouse/errors.ts'
import { crashPoint } from '../core/io/process/crash-point.ts'
import { compareAndSwap } from '../core/io/store/compare-and-swap.ts'
import { retryWait } from '../core/io/store/retry-wait.ts'
import type { ChainKey, ChainPosition } from '../core/model/chain.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import { speedInsertSql } from '../core/sql/insert.ts'
import { SPEED_KIND, speedTable } from '../core/sql/tables.ts'
import { clickhouseString } from '../core/sql/text.ts'

/** Tries an insert of unknown outcome for this long before the lane starts over. */
const RETRY_MS = 5 * 60_000
/** An insert without an answer for so long is sent again, under its token: whether it still runs does not matter. */
const INSERT_TIMEOUT_MS = 30_000

/**
 * Writes number `seq` of a chain's lane, or learns that another writer has. `rows` is the Parquet of `speedRowsSql`.
 * @returns 'ours' where exactly this writer's insert holds the number
 */
export async function writeLink(
  clickhouse: ClickHouse,
  compiled: CompiledView,
  key: ChainKey,
  seq: number,
  writer: string,
  rows: Uint8Array,
  signal: AbortSignal,
): Promise<'ours' | 'theirs'> {
  return compareAndSwap({
    token: `${key.chain}/${key.lane}/${seq}`,
    isUnknownOutcome,
    wait: retryWait(RETRY_MS, signal),
    insert: async token => {
      const settings = { insert_deduplication_token: token }
      crashPoint('speed: before insert')
      const options = { settings, timeoutMs: INSERT_TIMEOUT_MS }
      await clickhouse.insertSelect(speedInsertSql(compiled, key, seq, writer), rows, options)
      crashPoint('speed: inserted')
    },
    settle: async () => {
      const found = await clickhouse.rows<{ writer: string }>(
        `SELECT DISTINCT __writer AS writer FROM ${speedTable(compiled.view)} WHERE ${inLane(key)} AND __seq = ${seq}`,
      )
      if (found.length > 0) return found[0]!.writer === writer ? 'ours' : 'theirs'
      const position = await readPosition(clickhouse, compiled, key)
      // Where the chain does not stand at seq − 1, the guard rejected this insert because others have moved it.
      return position.seq === seq - 1 ? 'absent' : 'theirs'
    },
  })
}

/** Where a lane of a chain stands, by its markers. */
export async function readPosition(
  clickhouse: ClickHouse,
  compiled: CompiledView,
  key: ChainKey,
): Promise<ChainPosition> {
  const rows = await clickhouse.rows<{ partition: number; end: string; seq: string }>(
    `SELECT __partition AS partition, max(__end) AS end, max(__seq) AS seq
     FROM ${speedTable(compiled.view)} WHERE ${inLane(key)} GROUP BY partition ORDER BY partition`,
  )
  if (rows.length === 0) return { seq: -1, ends: new Map() }
  return {
    seq: Math.max(...rows.map(row => Number(row.seq))),
    ends: new Map(rows.map(row => [row.partition, Number(row.end)])),
  }
}

/**
 * Walks what is kept of a lane's markers: above the collected floor each must begin where the one before ends.
 * @throws CHAIN_BROKEN naming the gap or the overlap
 */
export async function walkLane(clickhouse: ClickHouse, compiled: CompiledView, key: ChainKey): Promise<void> {
  const [broken] = await clickhouse.rows<{ partition: number; start: string; previous: string; seq: string }>(
    `SELECT partition, start, previous, seq FROM (
       SELECT __partition AS partition, __start AS start, __seq AS seq,
         lagInFrame(__end, 1, __start) OVER (PARTITION BY __partition ORDER BY __seq, __start ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS previous
       FROM ${speedTable(compiled.view)} WHERE ${inLane(key)})
     WHERE start != previous ORDER BY partition, start LIMIT 1`,
  )
  if (broken === undefined) return
  const [start, previous] = [Number(broken.start), Number(broken.previous)]
  const what =
    start > previous
      ? `offsets ${previous} to ${start} are missing`
      : `offsets ${start} to ${previous} stand twice`
  throw new TwofoldError(
    'CHAIN_BROKEN',
    `The chain ${key.chain} of view ${key.view} (version ${key.version}), lane ${key.lane}, is not gapless: in partition ${broken.partition}, ${what} at number ${broken.seq}.`,
    { details: { ...key, partition: broken.partition, start, previous, seq: Number(broken.seq) } },
  )
}

function inLane(key: ChainKey): string {
  return `__kind = ${SPEED_KIND.marker} AND __chain = ${clickhouseString(key.chain)} AND __lane = ${key.lane}`
}
