import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Cut } from '../../core/model/cut.ts'
import { type OffsetRange, splitAtBlocks } from '../../core/model/offsets.ts'
import type { RunReference } from '../../core/model/pointer.ts'
import { addTallies, EMPTY_TALLY, type Tally } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'
import { type CompiledView, compileView } from '../../core/sql/compiled-view.ts'
import { judgeSql, runRowsSql, speedRowsSql, talliesSql } from '../../core/sql/fold.ts'
import { runInsertSql, speedInsertSql } from '../../core/sql/insert.ts'

const JUDGED = 'judged'

/** Writes one run over `[from, to)` of the relation, one chunk per partition, and answers what a pointer says of it. */
export async function writeRun(
  clickhouse: ClickHouse,
  session: DuckDBSession,
  view: BoundView,
  relation: string,
  run: { readonly id: string; readonly from: Cut; readonly to: Cut },
): Promise<RunReference> {
  const compiled = compileView(view)
  let tally = EMPTY_TALLY
  for (const [chunk, partition] of Object.keys(run.to).map(Number).entries()) {
    const range = { partition, start: run.from[partition] ?? 0, end: run.to[partition]! }
    await session.run(judgeSql(compiled, rowsIn(relation, [range]), JUDGED))
    tally = addTallies(tally, await tallyOfJudged(session, compiled))
    const body = await session.copyToParquet(runRowsSql(compiled, JUDGED), {
      compression: 'lz4',
      rowGroupSize: 1_000_000,
    })
    await clickhouse.insertSelect(runInsertSql(compiled, run.id, chunk), body, {
      settings: { insert_deduplication_token: `${view.name}/${run.id}/${chunk}` },
    })
  }
  return { ...run, tally }
}

/** Writes the insert of number `seq` of lane 0 of a chain: the records of the ranges, and their markers. */
export async function writeSpeed(
  clickhouse: ClickHouse,
  session: DuckDBSession,
  view: BoundView,
  relation: string,
  insert: { readonly chain: string; readonly seq: number; readonly ranges: readonly OffsetRange[] },
): Promise<void> {
  const compiled = compileView(view)
  const { blockSize } = view.stream
  await session.run(judgeSql(compiled, rowsIn(relation, insert.ranges), JUDGED))
  const markers = insert.ranges
    .flatMap(range => splitAtBlocks(range, blockSize))
    .map(range => ({
      ...range,
      block: Math.floor(range.start / blockSize) * blockSize,
      first: insert.seq === 0,
      lost: 0,
    }))
  const body = await session.copyToParquet(speedRowsSql(compiled, JUDGED, markers), {
    compression: 'lz4',
    rowGroupSize: 1_000_000,
  })
  const key = { view: view.name, version: view.version, chain: insert.chain, lane: 0 }
  await clickhouse.insertSelect(speedInsertSql(compiled, key, insert.seq, 'test'), body, {
    settings: { insert_deduplication_token: `${view.name}/${insert.chain}/0/${insert.seq}` },
  })
}

function rowsIn(relation: string, ranges: readonly OffsetRange[]): string {
  const conditions = ranges.map(
    ({ partition, start, end }) =>
      `(__partition = ${partition} AND __offset >= ${start} AND __offset < ${end})`,
  )
  return `(SELECT * FROM ${relation} WHERE ${conditions.join(' OR ')})`
}

async function tallyOfJudged(session: DuckDBSession, compiled: CompiledView): Promise<Tally> {
  const rows = await session.rows<Record<string, bigint>>(talliesSql(compiled, JUDGED))
  return rows
    .map(row => ({
      accepted: Number(row['__accepted']),
      filtered: Number(row['__filtered']),
      quarantined: Number(row['__quarantined']),
      skipped: Number(row['__skipped']),
      lost: 0,
      digest: String(row['__all_digest']),
      acceptedDigest: String(row['__digest']),
    }))
    .reduce(addTallies, EMPTY_TALLY)
}
