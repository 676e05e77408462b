import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { cutOf } from '../../core/model/cut.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { JobPlan, ViewPlan } from '../recompute/plan.ts'
import { readReach } from './chain-reach.ts'

/**
 * The views whose new version must wait: its chain, which begins at the stream's beginning, has not come as far as
 * the answers of the version that serves. Until then the old version goes on serving, so no answer goes back.
 */
export async function viewsToHold(
  clickhouse: ClickHouse,
  plan: JobPlan,
  current: Pointer | undefined,
): Promise<Set<string>> {
  const held = new Set<string>()
  for (const view of plan.views) {
    if (view.replaces !== undefined && !(await hasCaughtUp(clickhouse, view, current)))
      held.add(view.view.name)
  }
  return held
}

async function hasCaughtUp(
  clickhouse: ClickHouse,
  plan: ViewPlan,
  current: Pointer | undefined,
): Promise<boolean> {
  const { name } = plan.view
  const serving = current!.views[name]!
  const old = await readReach(clickhouse, { name, version: serving.version }, serving.chain, serving.cut)
  const next = await readReach(clickhouse, plan.view, plan.chain, plan.cut)
  const through = (reach: typeof old, cut: typeof plan.cut, partition: number) =>
    Math.max(cutOf(cut, partition), reach.get(partition)?.end ?? 0)
  const partitions = new Set([...old.keys(), ...Object.keys(serving.cut).map(Number)])
  return [...partitions].every(
    partition => through(next, plan.cut, partition) >= through(old, serving.cut, partition),
  )
}
