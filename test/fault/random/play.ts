import { setTimeout as sleep } from 'node:timers/promises'
import { Scenario, type ScenarioReport } from '../rig/scenario.ts'
import type { Servers } from '../rig/servers.ts'
import { ACTIONS } from './actions.ts'
import { INSERT_ACTIONS, type InsertStepKind } from './insert-actions.ts'
import type { OutcomeCounts } from './outcomes.ts'
import { deduplicationWindowOf, LAYERS, type Step, type StepKind } from './schedule.ts'
import { Stage } from './stage.ts'

/** For so long the schedule's end waits for inserts that meet what waits for them. */
const INSERTS_COME_WITHIN_MS = 30_000

/** Steps, or some of the steps, that a seed decides; and whether ClickHouse forgets tokens at once. */
export interface Schedule {
  readonly seed: number
  readonly steps: readonly Step[]
}

export interface PlayReport extends ScenarioReport {
  readonly outcomes: OutcomeCounts
}

/**
 * Plays a schedule on a platform of its own, then brings everything to the end of the log and judges.
 * @throws for the first thing that is not as it must be
 */
export async function play(servers: Servers, { seed, steps }: Schedule): Promise<PlayReport> {
  const deduplicationWindow = deduplicationWindowOf(seed)
  const scenario = await Scenario.open(
    servers,
    deduplicationWindow === undefined ? {} : { deduplicationWindow },
  )
  const stage = new Stage(scenario, servers)
  try {
    for (const layer of LAYERS) await stage.startLayer(layer, true)
    scenario.produce()
    await scenario.progress(50)
    for (const step of steps) {
      await act(stage, step)
      await sleep(step.restMs)
    }
    await stage.insistentCommand('batch', 'resume')
    await scenario.progress()
    await stage.outcomes.settle(INSERTS_COME_WITHIN_MS)
    const report = await scenario.finish()
    stage.assertSound()
    return { ...report, outcomes: stage.outcomes.counts }
  } finally {
    await scenario.close()
  }
}

async function act(stage: Stage, step: Step): Promise<void> {
  const { kind } = step
  if (waitsForInsert(kind)) stage.outcomes.await(kind, INSERT_ACTIONS[kind](stage, step))
  else stage.outcomes.note(kind, await ACTIONS[kind](stage, step))
}

function waitsForInsert(kind: StepKind): kind is InsertStepKind {
  return kind in INSERT_ACTIONS
}
