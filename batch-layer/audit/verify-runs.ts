import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Pointer, RunReference } from '../../core/model/pointer.ts'
import { readRunTotals, whyNotWhole } from '../recompute/run-totals.ts'
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
