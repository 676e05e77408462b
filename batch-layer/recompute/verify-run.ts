import { segmentPath } from '../../core/io/archive/segment-chain.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { recordsOf, type Tally } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'
import { duckdbString } from '../../core/sql/text.ts'
import { type FoldPlan, lostOf } from './plan.ts'
import { type RunTotals, readRunTotals } from './run-totals.ts'

/** How many records the master dataset holds in a range, counted by itself, and Σ of their hashes mod 2^64. */
export interface Inventory {
  /** `undefined` where records hold several events, which the files do not count: the digest tells that none lacks. */
  readonly records: number | undefined
  /** Offsets that were declared lost. */
  readonly lost: number
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
  const lost = lostOf(fold.chunks.flat()).reduce((sum, { start, end }) => sum + end - start, 0)
  const isCounted = fold.stream.framing === undefined
  return { records: isCounted ? records : undefined, lost, digest: digest.toString() }
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
  const found = (await readRunTotals(clickhouse, view, [run])).get(run) ?? EMPTY
  const tally: Tally = {
    accepted: found.accepted,
    filtered: found.filtered,
    quarantined: found.quarantined,
    skipped: found.skipped,
    lost: found.lost,
    digest: found.digest,
    acceptedDigest: found.acceptedDigest,
  }
  const counted = recordsOf(tally)
  const records = inventory.records ?? counted
  const checks: [what: string, expected: number | string, found: number | string][] = [
    ['chunks', chunks, found.chunks],
    ['records', records, counted],
    ['lost offsets', inventory.lost, tally.lost],
    ['digest of the records', inventory.digest, tally.digest],
    ['records of the blocks', records, found.blockRecords],
    ['lost offsets of the blocks', inventory.lost, found.blockLost],
    ['digest of the blocks', inventory.digest, found.blockDigest],
    ['records of the partials', tally.accepted, found.partialRecords],
    ['digest of the partials', tally.acceptedDigest, found.partialDigest],
  ]
  const wrong = checks.find(([, expected, got]) => expected !== got)
  if (wrong === undefined) return tally
  throw new TwofoldError(
    'RUN_MISMATCH',
    `The run ${run} of view ${view.name} does not match the archive: ${wrong[0]} should be ${wrong[1]}, ClickHouse has ${wrong[2]}. It is not published.`,
    { details: { view: view.name, run, check: wrong[0], expected: wrong[1], found: wrong[2] } },
  )
}

/** A run of no chunks: there was nothing to fold. */
const EMPTY: RunTotals = {
  chunks: 0,
  accepted: 0,
  filtered: 0,
  quarantined: 0,
  skipped: 0,
  lost: 0,
  digest: '0',
  acceptedDigest: '0',
  blockRecords: 0,
  blockLost: 0,
  blockDigest: '0',
  partialRecords: 0,
  partialDigest: '0',
}
