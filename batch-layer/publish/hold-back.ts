import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { JobPlan, ViewPlan } from '../recompute/plan.ts'
import { answersReach, wouldGoBack } from './chain-reach.ts'

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
  // What serves is asked first: its chain may grow meanwhile.
  const now = await answersReach(clickhouse, { name, version: serving.version }, serving)
  const next = await answersReach(clickhouse, plan.view, plan)
  return wouldGoBack(now, next) === undefined
}
