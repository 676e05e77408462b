import { setTimeout as sleep } from 'node:timers/promises'
import { Archiver } from '../../batch-layer/archive/archiver.ts'
import { collect } from '../../batch-layer/publish/collect.ts'
import { resume, rollBack } from '../../batch-layer/publish/roll-back.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { type ErrorCode, TwofoldError } from '../../core/model/errors.ts'
import { FIRST_CHAIN } from '../../core/model/pointer.ts'
import { LaneWorker } from '../../speed-layer/lane-worker.ts'
import { runBatchJob } from '../laws/batch-job.ts'
import { Killed, Life } from './faults.ts'
import { faultyClickHouse, faultyFiles } from './faulty-parts.ts'
import type { Random } from './random.ts'
import type { RollBackLock } from './roll-back-lock.ts'
import { CHUNK_RECORDS, type Setting, violate } from './setting.ts'

/** What a process does from its start on, until it fails, dies or is stopped. */
type Work = (life: Life, session: DuckDBSession) => Promise<void>

/** A process that is started again whenever it has died or failed, as whoever runs it would. */
async function keepRunning(
  setting: Setting,
  random: Random,
  expected: readonly ErrorCode[],
  work: Work,
): Promise<void> {
  const session = await setting.duckdb.session()
  try {
    while (!setting.stopping.signal.aborted) {
      const life = new Life(setting.weather, random)
      try {
        await work(life, session)
      } catch (error) {
        if (!isExpected(error, expected)) violate(setting, error)
        await sleep(random.between(5, 50))
      }
    }
  } finally {
    await session.close()
  }
}

function isExpected(error: unknown, expected: readonly ErrorCode[]): boolean {
  if (error instanceof Killed || (error as Error).message.startsWith('EIO')) return true
  const code = error instanceof TwofoldError ? error.code : undefined
  return code !== undefined && ['CLICKHOUSE_UNAVAILABLE', ...expected].includes(code)
}

/** One of several workers that all believe the lane to be theirs. */
export function laneWorker(setting: Setting, random: Random, lane: number): Promise<void> {
  const { world, log, archive, decoder, stopping } = setting
  return keepRunning(setting, random, [], (life, session) =>
    new LaneWorker({
      stream: world.stream,
      lane,
      views: world.views.map(({ compiled }) => ({ compiled, chain: FIRST_CHAIN })),
      driver: log.driver(),
      clickhouse: faultyClickHouse(setting.clickhouse, life),
      session,
      files: nodeFiles,
      archive,
      decoder,
      limits: {
        maxRecords: random.pick([3, 10, 30]),
        maxBytes: 100_000,
        lingerMs: random.pick([0, 20]),
        refreshMs: 200,
      },
    }).run(stopping.signal),
  )
}

/** One of two archivers of the same stream. */
export function archiver(setting: Setting, random: Random): Promise<void> {
  const { world, log, archive, decoder, stopping } = setting
  return keepRunning(setting, random, [], (life, session) =>
    new Archiver({
      stream: world.stream,
      driver: log.driver(),
      clickhouse: faultyClickHouse(setting.clickhouse, life),
      session,
      files: faultyFiles(nodeFiles, life),
      archive,
      decoder,
      decoderId: decoderId(world.stream),
      segmentRecords: random.pick([2, 5, 12]),
      segmentBytes: 100_000,
      flushMs: random.pick([20, 100]),
      refreshMs: 200,
    }).run(stopping.signal),
  )
}

/** One of two publishers, each on a machine of its own: only the pointer is between them. */
export function publisher(setting: Setting, random: Random, name: string): Promise<void> {
  const { world, archive } = setting
  let jobs = 0
  const context = (life: Life, session: DuckDBSession) => ({
    clickhouse: faultyClickHouse(setting.clickhouse, life),
    session,
    files: faultyFiles(nodeFiles, life),
    archive,
    stream: world.stream,
    views: world.views.map(view => view.bound),
    chunkRecords: CHUNK_RECORDS,
  })
  return keepRunning(setting, random, ['PUBLICATION_SUPERSEDED'], async (life, session) => {
    await sleep(random.between(50, 400))
    const kind = random.chance(70) ? 'extend' : 'full'
    await runBatchJob(context(life, session), kind, `${name}${jobs++}`)
  })
}

/** Someone who rolls back now and then, and lets the schedule go on. */
export function operator(setting: Setting, random: Random, lock: RollBackLock): Promise<void> {
  const expected = ['PUBLICATION_SUPERSEDED', 'ROLLBACK_IMPOSSIBLE'] as const
  return keepRunning(setting, random, expected, async life => {
    const clickhouse = faultyClickHouse(setting.clickhouse, life)
    await sleep(random.between(300, 1200))
    if (random.chance(60)) await lock.shared(() => rollBack(clickhouse, undefined, Date.now()))
    else await resume(clickhouse, Date.now())
  })
}

/** Collects as early as it may. */
export function collector(setting: Setting, random: Random, lock: RollBackLock): Promise<void> {
  const configured = setting.world.views.map(({ bound }) => bound)
  const policy = { keep: 2, graceMs: 400, minRows: 0, configured }
  return keepRunning(setting, random, [], async life => {
    await sleep(random.between(200, 600))
    await lock.exclusive(() => collect(faultyClickHouse(setting.clickhouse, life), policy))
  })
}
