import { setTimeout as sleep } from 'node:timers/promises'
import type { Engines } from '../laws/engines.ts'
import { MemoryLog } from '../laws/memory-log.ts'
import { assertAccounted, hasCaughtUp } from './end.ts'
import { STORMY } from './faults.ts'
import { archiver, collector, laneWorker, operator, publisher } from './processes.ts'
import { producer, retention } from './producer.ts'
import { Random } from './random.ts'
import { reader } from './reader.ts'
import { RollBackLock } from './roll-back-lock.ts'
import { openSetting, type Setting, violate } from './setting.ts'

const RECORDS = 120
const CATCH_UP_MS = 180_000

/** What a simulation came to. */
export interface SimulationReport {
  readonly answers: number
  readonly generations: number
}

/**
 * One simulation: two workers on each lane, two archivers, two publishers, an operator, a collector and readers, all
 * at once on a real ClickHouse, while processes die and calls are lost, late or unanswered. Then the weather calms
 * down, all is brought to the end, and everything must be accounted for exactly once.
 *
 * The seed decides what is produced and which faults strike whom in which order; how the actors interleave is up to
 * the machine.
 *
 * @throws the first violation
 */
export async function simulate(engines: Engines, seed: number): Promise<SimulationReport> {
  const random = new Random(seed)
  const shape = {
    blockSize: random.pick([2, 4, 8, 16]),
    lanes: random.pick([1, 2]),
    grain: 'minute',
    // The laws see to all measures; here the view that has them would only take time.
    views: ['plain', 'strict'],
    ...random.pick([{}, { id: { column: 'k', within: 6 } }]),
  } as const
  const world = await engines.world(shape)
  return engines.inFreshPlace(async place => {
    const setting = await openSetting({
      ...place,
      world,
      log: new MemoryLog(world.stream.topic, [random.pick([0, 5]), 0], random.between(1, 10), shape.id),
      duckdb: engines.duckdb,
      random,
      rates: STORMY,
      // In half of all runs so small that only the guard can hold late calls off.
      deduplicationWindow: random.pick([2, 10_000]),
    })
    return run(setting)
  })
}

async function run(setting: Setting): Promise<SimulationReport> {
  const { random, stopping, weather } = setting
  const producing = producer(setting, random.fork(), RECORDS)
  const actors = startActors(setting)
  const readers = [1, 2].map(() => reader(setting, random.fork()))
  await producing
  weather.isCalm = true
  await weather.settle()
  await caughtUp(setting)
  stopping.abort()
  await Promise.all(actors)
  const answers = (await Promise.all(readers)).reduce((sum, count) => sum + count)
  await weather.settle()
  if (setting.violations.length > 0) throw setting.violations[0]
  return { answers, generations: await assertAccounted(setting) }
}

function startActors(setting: Setting): Promise<void>[] {
  const { random, world } = setting
  const lock = new RollBackLock()
  const actors: Promise<void>[] = []
  for (let lane = 0; lane < world.stream.lanes; lane++)
    actors.push(laneWorker(setting, random.fork(), lane), laneWorker(setting, random.fork(), lane))
  actors.push(archiver(setting, random.fork()), archiver(setting, random.fork()))
  actors.push(publisher(setting, random.fork(), 'a'), publisher(setting, random.fork(), 'b'))
  actors.push(operator(setting, random.fork(), lock), collector(setting, random.fork(), lock))
  actors.push(retention(setting, random.fork()))
  return actors
}

async function caughtUp(setting: Setting): Promise<void> {
  const deadline = performance.now() + CATCH_UP_MS
  while (!setting.stopping.signal.aborted && !(await hasCaughtUp(setting))) {
    if (performance.now() > deadline) {
      violate(setting, new Error(`the layers did not come to the end of the log within ${CATCH_UP_MS} ms`))
      return
    }
    await sleep(100)
  }
}
