import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { JobPlan, ViewPlan } from '../recompute/plan.ts'
import { answersReach, wouldGoBack } from './chain-reach.ts'

/** A new chain that keeps up is behind by a micro-batch at most; one that is still far behind is not waited for. */
const CATCHES_UP_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 100

/**
 * The views whose new version must wait: its chain, which begins at the stream's beginning, has not come as far as
 * the answers of the version that serves. Until then the old version goes on serving, so no answer goes back.
 *
 * Under load both chains grow all the time, now the one ahead and now the other. So the new one is waited for until it
 * is where the old one was a moment ago; what readers were told in that moment the serving layer sees to.
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
  const now = await answersReach(clickhouse, { name, version: serving.version }, serving)
  const deadlineMs = performance.now() + CATCHES_UP_WITHIN_MS
  for (;;) {
    const next = await answersReach(clickhouse, plan.view, plan)
    if (wouldGoBack(now, next) === undefined) return true
    if (performance.now() > deadlineMs) return false
    await sleep(LOOK_EVERY_MS)
  }
}
