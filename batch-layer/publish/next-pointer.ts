import type { Pointer, ViewGeneration } from '../../core/model/pointer.ts'
import type { Tally } from '../../core/model/tally.ts'
import type { JobPlan, ViewPlan } from '../recompute/plan.ts'

/** The pointer that publishes an executed plan. `held` are views whose new version has to wait: they keep what serves. */
export function nextPointer(
  plan: JobPlan,
  current: Pointer | undefined,
  tallies: Readonly<Record<string, Tally>>,
  held: ReadonlySet<string>,
  nowMs: number,
): Pointer {
  const views: Record<string, ViewGeneration> = {}
  for (const view of plan.views) {
    const generation = held.has(view.view.name) ? current?.views[view.view.name] : generationOf(view, tallies)
    if (generation !== undefined) views[view.view.name] = generation
  }
  const prev = plan.basedOn
  return {
    format: 1,
    seq: prev + 1,
    prev,
    publishedAtMs: nowMs,
    reason: plan.kind,
    rolledBackTo: undefined,
    paused: false,
    views,
  }
}

function generationOf(plan: ViewPlan, tallies: Readonly<Record<string, Tally>>): ViewGeneration {
  const { view, chain, cut, kept, added } = plan
  const run =
    added === undefined ? [] : [{ id: added.run, from: added.from, to: cut, tally: tallies[added.run]! }]
  return { version: view.version, chain, cut, runs: [...kept, ...run] }
}
