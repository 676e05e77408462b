import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { RunReference } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { BATCH_KIND, batchTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'
import { LawBroken } from './check.ts'

/** Sums over rows of a table of partials, of one kind. */
export interface Sums {
  readonly kind: number
  readonly accepted: string
  readonly filtered: string
  readonly quarantined: string
  readonly skipped: string
  readonly digest: string
  readonly acceptedDigest: string
  readonly records: string
}

/**
 * What a pointer says of runs is a claim; what answers are made of are the rows. This holds the one against the other.
 * @throws LawBroken where the partials, the blocks or the chunks of a run add up to something else than its tally
 */
export async function assertRunsHold(
  clickhouse: ClickHouse,
  view: BoundView,
  runs: readonly RunReference[],
): Promise<void> {
  if (runs.length === 0) return
  const ids = runs.map(({ id }) => clickhouseString(id)).join(', ')
  const rows = await clickhouse.rows<Sums & { readonly run: string }>(
    `SELECT __run AS run, __kind AS kind, sum(__accepted) AS accepted, sum(__filtered) AS filtered,
       sum(__quarantined) AS quarantined, sum(__skipped) AS skipped, sum(__all_digest) AS digest, sum(__digest) AS acceptedDigest,
       sum(__records) AS records
     FROM ${batchTable(view)} WHERE __run IN (${ids}) GROUP BY run, kind`,
  )
  for (const { id, tally } of runs) {
    const of = (kind: number) => rows.find(row => row.run === id && row.kind === kind) ?? NO_ROWS
    const verdicts = [
      tally.accepted,
      tally.filtered,
      tally.quarantined,
      tally.skipped,
      tally.digest,
      tally.acceptedDigest,
    ]
    const { records, acceptedDigest } = of(BATCH_KIND.partial)
    compare(view, id, 'partials', [tally.accepted, tally.acceptedDigest], [records, acceptedDigest])
    for (const [what, kind] of TALLIES) {
      const found = of(kind)
      const sums = [
        found.accepted,
        found.filtered,
        found.quarantined,
        found.skipped,
        found.digest,
        found.acceptedDigest,
      ]
      compare(view, id, what, verdicts, sums)
    }
  }
}

const TALLIES = [
  ['blocks', BATCH_KIND.blockTally],
  ['chunks', BATCH_KIND.chunkTally],
] as const

const NO_ROWS: Omit<Sums, 'kind'> = {
  accepted: '0',
  filtered: '0',
  quarantined: '0',
  skipped: '0',
  digest: '0',
  acceptedDigest: '0',
  records: '0',
}

function compare(
  view: BoundView,
  run: string,
  what: string,
  told: readonly (number | string)[],
  found: readonly string[],
): void {
  if (told.join() === found.join()) return
  throw new LawBroken(`run ${run} of ${view.name} counts ${told}, its ${what} hold ${found}`)
}
