import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readPointersFrom } from '../../core/io/store/pointer-store.ts'
import { higherCut } from '../../core/model/cut.ts'
import { collectedFloor } from '../publish/collection-store.ts'
import { leastCuts } from '../publish/least-cuts.ts'
import type { JobPlan } from '../recompute/plan.ts'
import { auditDrift, type Drift } from './drift.ts'

/** Compares the runs of an executed plan with the speed layer, as far as its rows have not been collected. */
export async function auditPlan(clickhouse: ClickHouse, plan: JobPlan): Promise<Drift[]> {
  const floor = await collectedFloor(clickhouse)
  // Below the least cut that is still readable, speed rows may have been collected in part.
  const kept = floor > 0 ? leastCuts(await readPointersFrom(clickhouse, floor)) : []
  const drift: Drift[] = []
  for (const { view, chain, cut, added } of plan.views) {
    if (added === undefined) continue
    const least = kept.find(entry => entry.view === view.name && entry.version === view.version)
    const from = higherCut(added.from, least?.cut ?? {})
    drift.push(...(await auditDrift(clickhouse, view, added.run, chain, from, cut)))
  }
  return drift
}
