import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { HeldView } from '../../core/model/held-view.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import type { JobPlan, ViewPlan } from '../recompute/plan.ts'
import { answersReach, wouldGoBack } from './chain-reach.ts'
import { replacements } from './replacements.ts'

/** A new chain that keeps up is behind by a micro-batch at most; one that is still far behind is not waited for. */
const CATCHES_UP_WITHIN_MS = 5_000
const LOOK_EVERY_MS = 100

/** What would serve a view next, and by which chain and cut. */
type Candidate = Pick<ViewPlan, 'view' | 'chain' | 'cut'>

/**
 * The views whose new version must wait: its chain, which begins at the stream's beginning, has not come as far as
 * the answers of the version that serves. Until then the old version goes on serving, so no answer goes back.
 *
 * Under load both chains grow all the time, now the one ahead and now the other. So the new one is waited for until it
 * is where the old one was a moment ago; what readers were told in that moment the serving layer sees to.
 */
export async function viewsToHold(
  clickhouse: ClickHouse,
  plan: Pick<JobPlan, 'views'>,
  current: Pointer | undefined,
): Promise<HeldView[]> {
  const candidates = plan.views.filter(({ replaces }) => replaces !== undefined)
  return heldOf(clickhouse, candidates, current, CATCHES_UP_WITHIN_MS)
}

/** How versions that are configured and do not serve yet fare: those that could, and those that have to wait. */
export interface Switching {
  readonly ready: readonly string[]
  readonly held: readonly HeldView[]
}

/** Looks, for `withinMs` at most, whether a configured version that does not serve yet has come as far as it must. */
export async function lookAtSwitch(
  clickhouse: ClickHouse,
  configured: readonly BoundView[],
  current: Pointer | undefined,
  withinMs: number,
): Promise<Switching> {
  const candidates = replacements(configured, current)
  const held = await heldOf(clickhouse, candidates, current, withinMs)
  const names = candidates.map(({ view }) => view.name)
  return { ready: names.filter(name => !held.some(({ view }) => view === name)), held }
}

async function heldOf(
  clickhouse: ClickHouse,
  candidates: readonly Candidate[],
  current: Pointer | undefined,
  withinMs: number,
): Promise<HeldView[]> {
  const looks = candidates.map(candidate => whyHeld(clickhouse, candidate, current!, withinMs))
  return (await Promise.all(looks)).filter(held => held !== undefined)
}

async function whyHeld(
  clickhouse: ClickHouse,
  candidate: Candidate,
  current: Pointer,
  withinMs: number,
): Promise<HeldView | undefined> {
  const { name, version } = candidate.view
  const serving = current.views[name]!
  const now = await answersReach(clickhouse, { name, version: serving.version }, serving)
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    const next = await answersReach(clickhouse, candidate.view, candidate)
    const partition = wouldGoBack(now, next)
    if (partition === undefined) return undefined
    if (performance.now() > deadlineMs) {
      const [reached, needed] = [next.get(partition) ?? 0, now.get(partition)!]
      return { view: name, serves: serving.version, waits: version, partition, reached, needed }
    }
    await sleep(LOOK_EVERY_MS)
  }
}
