import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { cutOf } from '../../core/model/cut.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import { addTallies, EMPTY_TALLY } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'
import { SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'
import type { OracleCounts } from './oracle.ts'

interface Sums {
  readonly kind: number
  readonly accepted: string
  readonly filtered: string
  readonly quarantined: string
  readonly digest: string
  readonly acceptedDigest: string
  readonly records: string
}

/**
 * Every record that a generation accounts for, by verdict and digest: its runs' tallies and the markers above its cut.
 * @throws an error where markers and partials of the speed layer tell different things
 */
export async function readAccount(
  clickhouse: ClickHouse,
  view: BoundView,
  generation: ViewGeneration,
): Promise<OracleCounts> {
  const cuts = Object.keys(generation.cut).map(Number)
  const above = cuts.map(
    partition => ` AND NOT (__partition = ${partition} AND __block < ${cutOf(generation.cut, partition)})`,
  )
  const rows = await clickhouse.rows<Sums>(
    `SELECT __kind AS kind, sum(__accepted) AS accepted, sum(__filtered) AS filtered, sum(__quarantined) AS quarantined,
       sum(__all_digest) AS digest, sum(__digest) AS acceptedDigest, sum(__records) AS records
     FROM ${speedTable(view)} WHERE __chain = ${clickhouseString(generation.chain)}${above.join('')} GROUP BY kind`,
  )
  const markers = rows.find(row => row.kind === SPEED_KIND.marker)
  const partials = rows.find(row => row.kind === SPEED_KIND.partial)
  const told = [markers?.accepted ?? '0', markers?.acceptedDigest ?? '0']
  const kept = [partials?.records ?? '0', partials?.acceptedDigest ?? '0']
  if (told.join() !== kept.join())
    throw new Error(`the markers of ${view.name} count ${told}, its partials hold ${kept} (records, digest)`)
  const speed = {
    ...EMPTY_TALLY,
    accepted: Number(markers?.accepted ?? 0),
    filtered: Number(markers?.filtered ?? 0),
    quarantined: Number(markers?.quarantined ?? 0),
    digest: markers?.digest ?? '0',
    acceptedDigest: markers?.acceptedDigest ?? '0',
  }
  const { accepted, filtered, quarantined, digest, acceptedDigest } = generation.runs
    .map(run => run.tally)
    .reduce(addTallies, speed)
  return {
    accepted,
    filtered,
    quarantined,
    digest: BigInt(digest),
    acceptedDigest: BigInt(acceptedDigest),
  }
}
