import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Pointer, RunReference } from '../../core/model/pointer.ts'
import { type RunTotals, readRunTotals } from '../recompute/run-totals.ts'
import { type Finding, harmful, harmless } from './finding.ts'

/**
 * Holds every run that a generation of `readable` names, the last of which serves, against what was counted in it when
 * it was verified: its chunks, its blocks and its partials.
 */
export async function verifyRuns(clickhouse: ClickHouse, readable: readonly Pointer[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { view, version, runs, serving } of namedRuns(readable)) {
    const totals = await readRunTotals(clickhouse, { name: view, version }, [...runs.keys()])
    for (const [id, reference] of runs) {
      const why = whyNotWhole(reference, totals.get(id))
      if (why === undefined) continue
      const isServed = serving?.runs.has(id) === true
      const fault = {
        code: 'RUN_MISMATCH',
        message: `The run ${id} of view ${view} (version ${version}) ${why}.`,
        details: { view, version, run: id, from: reference.from, to: reference.to },
      }
      findings.push(
        isServed
          ? harmful(fault, {
              view,
              generation: serving!.seq,
              repair: 'twofold batch run --full',
              hint: 'Answers of the view are refused or wrong until a full recomputation has replaced the run.',
            })
          : harmless(fault, {
              hint: 'Only generations before the present name the run: do not roll back to them. It goes with them, by collection.',
            }),
      )
    }
  }
  return findings
}

interface NamedRuns {
  readonly view: string
  readonly version: string
  readonly runs: Map<string, RunReference>
  /** The runs of the generation that serves, where it is of this version. */
  readonly serving: { readonly seq: number; readonly runs: ReadonlySet<string> } | undefined
}

function namedRuns(readable: readonly Pointer[]): NamedRuns[] {
  const named = new Map<string, NamedRuns>()
  const current = readable.at(-1)
  for (const pointer of readable) {
    for (const [view, { version, runs }] of Object.entries(pointer.views)) {
      const served = current?.views[view]
      const entry = named.get(`${view}/${version}`) ?? {
        view,
        version,
        runs: new Map(),
        serving:
          served?.version === version
            ? { seq: current!.seq, runs: new Set(served.runs.map(run => run.id)) }
            : undefined,
      }
      for (const run of runs) entry.runs.set(run.id, run)
      named.set(`${view}/${version}`, entry)
    }
  }
  return [...named.values()]
}

/** What is wrong with a run, as the rest of a sentence about it. */
function whyNotWhole({ tally }: RunReference, found: RunTotals | undefined): string | undefined {
  const records = tally.accepted + tally.filtered + tally.quarantined
  if (found === undefined)
    return records === 0 ? undefined : `was published with ${records} records, and has no rows`
  const checks: [what: string, expected: number | string, is: number | string][] = [
    ['accepted records by its chunks', tally.accepted, found.accepted],
    ['filtered records by its chunks', tally.filtered, found.filtered],
    ['quarantined records by its chunks', tally.quarantined, found.quarantined],
    ['digest by its chunks', tally.digest, found.digest],
    ['records by its blocks', records, found.blockRecords],
    ['digest by its blocks', tally.digest, found.blockDigest],
    ['records by its partials', tally.accepted, found.partialRecords],
    ['digest by its partials', tally.acceptedDigest, found.partialDigest],
  ]
  const wrong = checks.find(([, expected, is]) => expected !== is)
  return wrong && `was published with ${wrong[1]} ${wrong[0]}, and has ${wrong[2]}`
}
