import { setTimeout as sleep } from 'node:timers/promises'
import { CRASH_PLACES } from '../../../core/io/process/crash-point.ts'
import { until } from '../../support/processes.ts'
import { killQuietly } from '../../support/system-processes.ts'
import type { CrashOrder, LayerProcess } from '../rig/layer-process.ts'
import { DONE, NO_EFFECT, type Outcome, refusedBy } from './outcomes.ts'
import type { Step } from './schedule.ts'
import type { Stage } from './stage.ts'

const placesOf = (...parts: readonly string[]) =>
  CRASH_PLACES.filter(place => parts.some(part => place.startsWith(`${part}: `)))
/** Where a layer can be crashed. Jobs write their chunks and runs in a process of their own, which is crashed there. */
const PLACES = { speed: placesOf('speed'), batch: placesOf('archiver', 'batch', 'collection') }
/** A layer that comes to no job, or to nothing to collect, does not come to its place. */
const REACHED_WITHIN_MS = 20_000
const POLL_MS = 20

/** A layer is started again with an order to crash at a place, and then without one. */
export async function crash(stage: Stage, { layer, choice, forMs }: Step): Promise<Outcome> {
  // The serving layer has nothing that a crash could leave half done.
  const crashed = layer === 'serving' ? 'batch' : layer
  const places = PLACES[crashed]
  const place = places[choice % places.length]!
  const count = 1 + (choice % 3)
  const isZombie = crashed === 'speed' && choice % 2 === 1
  await stage.layer(crashed).stop()
  const doomed = stage.startAnother(crashed, {
    crash: `${isZombie ? 'stop' : 'kill'} ${count} ${place}` satisfies CrashOrder,
  })
  await doomed.wrote(/"started"/)
  const isReached = await comesTo(doomed, /crash point reached|BATCH_WORKER_FAILED/)
  if (!(isZombie && isReached)) await doomed.kill()
  await stage.startLayer(crashed)
  if (!isReached) return NO_EFFECT
  if (isZombie) {
    // Meanwhile another one takes its lanes.
    await sleep(forMs)
    doomed.thaw()
    await sleep(forMs)
    await doomed.stop()
  }
  return isZombie ? `stopped at "${place}"` : `killed at "${place}"`
}

function comesTo(layer: LayerProcess, pattern: RegExp): Promise<boolean> {
  return until(
    `${layer.layer} writes ${pattern}`,
    () => pattern.test(layer.output) || layer.hasEnded,
    REACHED_WITHIN_MS,
  ).then(
    () => pattern.test(layer.output),
    () => false,
  )
}

/** The process in which a job folds is killed, a moment after it has begun; the command that began the job says so. */
export async function killFold(stage: Stage, { choice: delayMs }: Step): Promise<Outcome> {
  const before = new Set(stage.scenario.batchWorkers())
  const isNew = (pid: number) => !before.has(pid)
  let outcome: Outcome | undefined
  const job = stage.commandBeside('batch', 'run', '--full').then(ended => (outcome = ended))
  while (outcome === undefined) {
    await sleep(POLL_MS)
    const workers = stage.scenario.batchWorkers().filter(isNew)
    if (workers.length === 0) continue
    await sleep(delayMs)
    workers.forEach(killQuietly)
  }
  await job
  if (outcome === refusedBy('BATCH_WORKER_FAILED')) return 'killed'
  return outcome === DONE ? NO_EFFECT : outcome
}
