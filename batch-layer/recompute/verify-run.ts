import { segmentPath } from '../../core/io/archive/segment-chain.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Tally } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'
import { BATCH_KIND, batchTable } from '../../core/sql/tables.ts'
import { clickhouseString, duckdbString } from '../../core/sql/text.ts'
import type { FoldPlan } from './plan.ts'

/** How many records the master dataset holds in a range, counted by itself, and Σ of their hashes mod 2^64. */
export interface Inventory {
  readonly records: number
  readonly digest: string
}

/** Counts what a fold was to take, straight from the files. */
export async function takeInventory(
  session: DuckDBSession,
  archive: string,
  fold: FoldPlan,
): Promise<Inventory> {
  let records = 0
  let digest = 0n
  for (const { segment, start, end } of fold.chunks.flat()) {
    const [row] = await session.rows<{ records: bigint; digest: bigint }>(
      `SELECT count(*) AS records, CAST(coalesce(sum(__hash), 0) % 18446744073709551616 AS UBIGINT) AS digest
       FROM read_parquet(${duckdbString(segmentPath(archive, segment))}) WHERE __offset >= ${start} AND __offset < ${end}`,
    )
    records += Number(row!.records)
    digest = BigInt.asUintN(64, digest + row!.digest)
  }
  return { records, digest: digest.toString() }
}

/**
 * Holds a run, as ClickHouse has it, against the inventory and against itself, and answers what was counted in it.
 * @throws RUN_MISMATCH: the run must not be published
 */
export async function verifyRun(
  clickhouse: ClickHouse,
  view: BoundView,
  run: string,
  chunks: number,
  inventory: Inventory,
): Promise<Tally> {
  const [found] = await clickhouse.rows<FoundRun>(
    `SELECT uniqExactIf(__chunk, __kind = ${BATCH_KIND.chunkTally}) AS chunks,
       sumIf(__accepted, __kind = ${BATCH_KIND.chunkTally}) AS accepted,
       sumIf(__filtered, __kind = ${BATCH_KIND.chunkTally}) AS filtered,
       sumIf(__quarantined, __kind = ${BATCH_KIND.chunkTally}) AS quarantined,
       sumIf(__all_digest, __kind = ${BATCH_KIND.chunkTally}) AS digest,
       sumIf(__digest, __kind = ${BATCH_KIND.chunkTally}) AS acceptedDigest,
       sumIf(__records, __kind = ${BATCH_KIND.partial}) AS partialRecords,
       sumIf(__digest, __kind = ${BATCH_KIND.partial}) AS partialDigest,
       sumIf(__accepted + __filtered + __quarantined, __kind = ${BATCH_KIND.blockTally}) AS blockRecords,
       sumIf(__all_digest, __kind = ${BATCH_KIND.blockTally}) AS blockDigest
     FROM ${batchTable(view)} WHERE __run = ${clickhouseString(run)}`,
  )
  const tally: Tally = {
    accepted: Number(found!.accepted),
    filtered: Number(found!.filtered),
    quarantined: Number(found!.quarantined),
    skipped: 0,
    lost: 0,
    digest: found!.digest,
    acceptedDigest: found!.acceptedDigest,
  }
  const checks: [what: string, expected: number | string, found: number | string][] = [
    ['chunks', chunks, Number(found!.chunks)],
    ['records', inventory.records, tally.accepted + tally.filtered + tally.quarantined],
    ['digest of the records', inventory.digest, tally.digest],
    ['records of the blocks', inventory.records, Number(found!.blockRecords)],
    ['digest of the blocks', inventory.digest, found!.blockDigest],
    ['records of the partials', tally.accepted, Number(found!.partialRecords)],
    ['digest of the partials', tally.acceptedDigest, found!.partialDigest],
  ]
  const wrong = checks.find(([, expected, got]) => expected !== got)
  if (wrong === undefined) return tally
  throw new TwofoldError(
    'RUN_MISMATCH',
    `The run ${run} of view ${view.name} does not match the archive: ${wrong[0]} should be ${wrong[1]}, ClickHouse has ${wrong[2]}. It is not published.`,
    { details: { view: view.name, run, check: wrong[0], expected: wrong[1], found: wrong[2] } },
  )
}

type FoundRun = Readonly<
  Record<
    | 'chunks'
    | 'accepted'
    | 'filtered'
    | 'quarantined'
    | 'digest'
    | 'acceptedDigest'
    | 'partialRecords'
    | 'partialDigest'
    | 'blockRecords'
    | 'blockDigest',
    string
  >
>
