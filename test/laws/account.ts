import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readPointersFrom } from '../../core/io/store/pointer-store.ts'
import { cutOf } from '../../core/model/cut.ts'
import { unpublished, type ViewGeneration } from '../../core/model/pointer.ts'
import { addTallies, EMPTY_TALLY } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'
import { SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'
import { LawBroken } from './check.ts'
import { type OracleCounts, type OracleLog, oracleAnswer } from './oracle.ts'
import { assertRunsHold, type Sums } from './run-account.ts'
import type { TwinView } from './twin-view.ts'

/**
 * Every record that a generation accounts for, by verdict and digest: its runs' tallies and the markers above its cut.
 * @throws LawBroken where tallies and partials, of the runs or of the speed layer, tell different things
 */
async function readAccount(
  clickhouse: ClickHouse,
  view: BoundView,
  generation: ViewGeneration,
): Promise<OracleCounts> {
  const cuts = Object.keys(generation.cut).map(Number)
  const above = cuts.map(
    partition => ` AND NOT (__partition = ${partition} AND __block < ${cutOf(generation.cut, partition)})`,
  )
  const rows = await clickhouse.rows<Sums>(
    `SELECT __kind AS kind, sum(__accepted) AS accepted, sum(__filtered) AS filtered, sum(__quarantined) AS quarantined, sum(__skipped) AS skipped,
       sum(__all_digest) AS digest, sum(__digest) AS acceptedDigest, sum(__records) AS records
     FROM ${speedTable(view)} WHERE __chain = ${clickhouseString(generation.chain)}${above.join('')} GROUP BY kind`,
  )
  const markers = rows.find(row => row.kind === SPEED_KIND.marker)
  const partials = rows.find(row => row.kind === SPEED_KIND.partial)
  const told = [markers?.accepted ?? '0', markers?.acceptedDigest ?? '0']
  const kept = [partials?.records ?? '0', partials?.acceptedDigest ?? '0']
  if (told.join() !== kept.join())
    throw new LawBroken(
      `the markers of ${view.name} count ${told}, its partials hold ${kept} (records, digest)`,
    )
  const speed = {
    ...EMPTY_TALLY,
    accepted: Number(markers?.accepted ?? 0),
    filtered: Number(markers?.filtered ?? 0),
    quarantined: Number(markers?.quarantined ?? 0),
    skipped: Number(markers?.skipped ?? 0),
    digest: markers?.digest ?? '0',
    acceptedDigest: markers?.acceptedDigest ?? '0',
  }
  await assertRunsHold(clickhouse, view, generation.runs)
  const { accepted, filtered, quarantined, skipped, digest, acceptedDigest } = generation.runs
    .map(run => run.tally)
    .reduce(addTallies, speed)
  return {
    accepted,
    filtered,
    quarantined,
    skipped,
    digest: BigInt(digest),
    acceptedDigest: BigInt(acceptedDigest),
  }
}

/** @throws LawBroken where what serves a view does not account for each record of the log exactly once */
export async function assertAccount(
  clickhouse: ClickHouse,
  log: OracleLog,
  twin: TwinView,
  bound: BoundView,
  generation = unpublished(bound.version),
): Promise<void> {
  const all = Object.fromEntries(log.partitions.map(partition => [partition, log.end(partition)]))
  const expected = oracleAnswer(twin, log.below(all), { grain: undefined, dimensions: [] }).counts
  const found = await readAccount(clickhouse, bound, generation)
  for (const key of Object.keys(expected) as (keyof OracleCounts)[]) {
    if (found[key] !== expected[key])
      throw new LawBroken(`view ${twin.name}: ${key} is ${found[key]}, the oracle has ${expected[key]}`)
  }
}

/** @returns the number of the last pointer @throws LawBroken where pointers are not numbered one after the other */
export async function assertOneHistory(clickhouse: ClickHouse): Promise<number> {
  const pointers = await readPointersFrom(clickhouse, 0)
  for (const [index, { seq, prev }] of pointers.entries()) {
    if (seq !== index + 1 || prev !== index)
      throw new LawBroken(`pointer ${index + 1} is numbered ${seq}, on ${prev}`)
  }
  return pointers.length
}
