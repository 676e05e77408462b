import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { unpublished } from '../../core/model/pointer.ts'
import { readAccount } from '../laws/account.ts'
import { checkAnswer, openRunner, questionsOf } from '../laws/check.ts'
import { withEngines } from '../laws/engines.ts'
import { MemoryLog } from '../laws/memory-log.ts'
import { oracleAnswer } from '../laws/oracle.ts'
import { Platform } from '../laws/platform.ts'
import { draft } from '../laws/records.ts'
import { archiveSome, live, publishSome, readAll, type Stage, writeSome } from './actors.ts'
import { STORMY, Weather } from './faults.ts'
import { Random } from './random.ts'

const engines = withEngines()

/** `SIM_SEED` repeats one simulation; `SIM_RUNS` runs as many, from the default seed on. */
const firstSeed = Number(process.env['SIM_SEED'] ?? 1)
const runs = Number(process.env['SIM_RUNS'] ?? (process.env['SIM_SEED'] === undefined ? 2 : 1))
const STORM_MS = 9000
const PARTITIONS = 3
const RECORDS = 400

/** A storm of so many seeds' choosing, then calm; every record must be accounted for exactly once. */
async function simulate(seed: number): Promise<number> {
  const random = new Random(seed)
  const blockSize = random.pick([4, 8, 16])
  const world = await engines.world({
    blockSize,
    lanes: random.pick([1, 2]),
    grain: random.pick(['minute', 'week']),
  })
  return engines.inFreshPlace(async place => {
    const log = new MemoryLog(
      'things',
      Array.from({ length: PARTITIONS }, () => random.pick([0, 0, 5])),
    )
    const session = await engines.duckdb.session()
    // A small window: an old token is forgotten soon, and the guard alone must hold.
    const parts = { ...place, ...world, log, deduplicationWindow: random.pick([2, 10_000]) }
    const platform = await Platform.open({ ...parts, session, name: 'last-' })
    const weather = new Weather(STORMY)
    const stage: Stage = {
      parts,
      newSession: () => engines.duckdb.session(),
      weather,
      isOver: false,
      jobs: 0,
    }
    const publish = publishSome(stage)
    const actors = [
      live(stage, random.fork(), 'writer-a', writeSome),
      live(stage, random.fork(), 'writer-b', writeSome),
      live(stage, random.fork(), 'archiver-a', archiveSome),
      live(stage, random.fork(), 'archiver-b', archiveSome),
      live(stage, random.fork(), 'batch-a', publish),
      live(stage, random.fork(), 'batch-b', publish),
    ]
    const readers = [
      readAll(stage, place.clickhouse, random.fork()),
      readAll(stage, place.clickhouse, random.fork()),
    ]
    const all = Promise.all([...actors, ...readers])
    // What an actor fails with ends the storm at once.
    const failed = all.catch(() => (stage.isOver = true))
    for (const record of fc.sample(draft, { seed, numRuns: RECORDS })) {
      log.append(random.between(0, PARTITIONS - 1), record, random.pick([0, 0, 0, 1, 4]))
      if (random.chance(25)) await sleep(4 * (STORM_MS / RECORDS))
      if (stage.isOver) break
    }
    stage.isOver = true
    await failed
    await all
    weather.isCalm = true
    await weather.settle()
    await finish(platform)
    await session.close()
    return (await Promise.all(readers)).reduce((sum, answers) => sum + answers, 0)
  })
}

/** In the calm after it: all is read, archived and recomputed, and compared by count, digest and value. */
async function finish(platform: Platform): Promise<void> {
  const { log, stream, clickhouse } = platform.parts
  for (const partition of log.partitions) {
    log.skip(partition, (stream.blockSize - (log.end(partition) % stream.blockSize)) % stream.blockSize)
  }
  await platform.catchUp()
  await checkAll(platform)
  await accountForAll(platform)
  for (const partition of log.partitions) await platform.archiveTo(partition, log.end(partition))
  const extended = await platform.publish('extend')
  expect(extended?.drift ?? []).toEqual([])
  await accountForAll(platform)
  await platform.publish('full')
  await checkAll(platform)
  await accountForAll(platform)
  const [history] = await clickhouse.rows<{ rows: string; numbers: string; last: string }>(
    'SELECT count() AS rows, uniqExact(seq) AS numbers, max(seq) AS last FROM pointers',
  )
  expect(history!.rows).toBe(history!.numbers)
  expect(history!.rows).toBe(history!.last)
}

async function checkAll({ parts, views }: Platform): Promise<void> {
  const runner = openRunner(
    parts.clickhouse,
    views.map(view => view.bound),
  )
  for (const { twin } of views) {
    for (const question of questionsOf(twin)) await checkAnswer(runner, parts.log, twin, question)
  }
}

async function accountForAll({ parts, views }: Platform): Promise<void> {
  const { clickhouse, log } = parts
  const pointer = await readPointer(clickhouse)
  const all = Object.fromEntries(log.partitions.map(partition => [partition, log.end(partition)]))
  for (const { twin, bound } of views) {
    const found = await readAccount(
      clickhouse,
      bound,
      pointer?.views[twin.name] ?? unpublished(bound.version),
    )
    expect(found).toMatchObject(
      oracleAnswer(twin, log.below(all), { grain: undefined, dimensions: [] }).counts,
    )
  }
}

describe('two writers, two archivers, two publishers, with late calls, lost answers and deaths', () => {
  const seeds = Array.from({ length: runs }, (_, index) => firstSeed + index)
  test.each(seeds)(
    'lose and double nothing, and no answer is wrong (SIM_SEED=%i)',
    { timeout: 120_000 },
    async seed => {
      expect(await simulate(seed)).toBeGreaterThan(20)
    },
  )
})
