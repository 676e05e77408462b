import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { RunReference } from '../../core/model/pointer.ts'
import { recordsOf } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'
import { BATCH_KIND, batchTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'

/** What ClickHouse has of a run, by each of its kinds of rows. Digests are decimal. */
export interface RunTotals {
  readonly chunks: number
  readonly accepted: number
  readonly filtered: number
  readonly quarantined: number
  readonly skipped: number
  readonly lost: number
  readonly digest: string
  readonly acceptedDigest: string
  readonly blockRecords: number
  readonly blockLost: number
  readonly blockDigest: string
  readonly partialRecords: number
  readonly partialDigest: string
}

/** The totals of runs, by id; one that has no rows is left out. */
export async function readRunTotals(
  clickhouse: ClickHouse,
  view: Pick<BoundView, 'name' | 'version'>,
  runs: readonly string[],
): Promise<Map<string, RunTotals>> {
  if (runs.length === 0) return new Map()
  const [chunk, block, partial] = [BATCH_KIND.chunkTally, BATCH_KIND.blockTally, BATCH_KIND.partial].map(
    kind => `__kind = ${kind}`,
  )
  const rows = await clickhouse.rows<Record<keyof RunTotals | 'run', string>>(
    `SELECT __run AS run, uniqExactIf(__chunk, ${chunk}) AS chunks,
       sumIf(__accepted, ${chunk}) AS accepted, sumIf(__filtered, ${chunk}) AS filtered, sumIf(__quarantined, ${chunk}) AS quarantined, sumIf(__skipped, ${chunk}) AS skipped, sumIf(__lost, ${chunk}) AS lost,
       sumIf(__all_digest, ${chunk}) AS digest, sumIf(__digest, ${chunk}) AS acceptedDigest,
       sumIf(__accepted + __filtered + __quarantined + __skipped, ${block}) AS blockRecords, sumIf(__lost, ${block}) AS blockLost, sumIf(__all_digest, ${block}) AS blockDigest,
       sumIf(__records, ${partial}) AS partialRecords, sumIf(__digest, ${partial}) AS partialDigest
     FROM ${batchTable(view)} WHERE __run IN (${runs.map(clickhouseString).join(', ')}) GROUP BY run`,
  )
  return new Map(
    rows.map(row => [
      row.run,
      {
        chunks: Number(row.chunks),
        accepted: Number(row.accepted),
        filtered: Number(row.filtered),
        quarantined: Number(row.quarantined),
        skipped: Number(row.skipped),
        lost: Number(row.lost),
        digest: row.digest,
        acceptedDigest: row.acceptedDigest,
        blockRecords: Number(row.blockRecords),
        blockLost: Number(row.blockLost),
        blockDigest: row.blockDigest,
        partialRecords: Number(row.partialRecords),
        partialDigest: row.partialDigest,
      },
    ]),
  )
}

/** Why a run does not hold what was counted in it when it was published, as the rest of a sentence; or `undefined`. */
export function whyNotWhole({ tally }: RunReference, found: RunTotals | undefined): string | undefined {
  const records = recordsOf(tally)
  if (found === undefined)
    return records + tally.lost === 0 ? undefined : `was published with ${records} records, and has no rows`
  const checks: [what: string, expected: number | string, is: number | string][] = [
    ['accepted records by its chunks', tally.accepted, found.accepted],
    ['filtered records by its chunks', tally.filtered, found.filtered],
    ['quarantined records by its chunks', tally.quarantined, found.quarantined],
    ['skipped records by its chunks', tally.skipped, found.skipped],
    ['lost offsets by its chunks', tally.lost, found.lost],
    ['digest by its chunks', tally.digest, found.digest],
    ['records by its blocks', records, found.blockRecords],
    ['lost offsets by its blocks', tally.lost, found.blockLost],
    ['digest by its blocks', tally.digest, found.blockDigest],
    ['records by its partials', tally.accepted, found.partialRecords],
    ['digest by its partials', tally.acceptedDigest, found.partialDigest],
  ]
  const wrong = checks.find(([, expected, is]) => expected !== is)
  return wrong && `was published with ${wrong[1]} ${wrong[0]}, and has ${wrong[2]}`
}
