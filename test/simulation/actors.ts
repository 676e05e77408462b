import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { checkAnswer, LawBroken, openRunner, questionsOf } from '../laws/check.ts'
import { Platform, type PlatformParts } from '../laws/platform.ts'
import { Killed, Life, type Weather } from './faults.ts'
import { faultyClickHouse, faultyFiles } from './faulty-parts.ts'
import type { Random } from './random.ts'

/** What all actors of a simulation share: one log, one ClickHouse, one archive. */
export interface Stage {
  readonly parts: Omit<PlatformParts, 'session'>
  readonly newSession: () => Promise<PlatformParts['session']>
  readonly weather: Weather
  /** True once the actors are to leave. */
  isOver: boolean
  /** Batch jobs under way: rows are collected only where there are none, as the batch lock sees to. */
  jobs: number
}

/** Errors that a process survives by beginning anew, as the layers do. */
const EXPECTED = new Set([
  'CLICKHOUSE_UNAVAILABLE',
  'PUBLICATION_SUPERSEDED',
  'INSERT_VANISHED',
  'ROLLBACK_IMPOSSIBLE',
  'RUN_MISMATCH',
  'SEGMENT_UNREADABLE',
])

/**
 * One process after another: each lives until the simulation kills it or a call of it fails, and the next begins from
 * what the tables and the archive tell.
 */
export async function live(
  stage: Stage,
  random: Random,
  name: string,
  act: (platform: Platform, random: Random) => Promise<void>,
): Promise<void> {
  const session = await stage.newSession()
  for (let lives = 0; !stage.isOver; lives++) {
    const life = new Life(stage.weather, random.fork())
    const platform = new Platform({
      ...stage.parts,
      session,
      name: `${name}-${lives}-`,
      clickhouse: faultyClickHouse(stage.parts.clickhouse, life),
      files: faultyFiles(nodeFiles, life),
    })
    try {
      while (!stage.isOver) await act(platform, random)
    } catch (error) {
      if (!isExpected(error)) throw error
    }
  }
  await session.close()
}

function isExpected(error: unknown): boolean {
  if (error instanceof Killed) return true
  if (error instanceof TwofoldError) return EXPECTED.has(error.code)
  return error instanceof Error && error.message.startsWith('EIO')
}

/** A speed worker: folds a little of a view's lane and writes it as the next number. Several may hold one lane. */
export async function writeSome(platform: Platform, random: Random): Promise<void> {
  const view = random.pick(platform.views)
  const lane = random.between(0, platform.parts.stream.lanes - 1)
  const cursor = await platform.cursor(view, lane)
  const { log } = platform.parts
  const ends = platform.lanePartitions(lane).map((partition): [number, number] => {
    const start = cursor.position.ends.get(partition) ?? log.begin(partition)
    return [partition, Math.min(log.end(partition), start + random.between(0, 9))]
  })
  const folded = ends.length === 0 ? undefined : await platform.fold(cursor, new Map(ends))
  if (folded !== undefined) await platform.write(folded, randomUUID())
  await sleep(random.between(0, 20))
}

/** An archiver: a segment of a few records. Two may be at work. */
export async function archiveSome(platform: Platform, random: Random): Promise<void> {
  const { log } = platform.parts
  const partition = random.pick(log.partitions)
  await platform.archiveTo(partition, Math.max(0, log.end(partition) - random.between(0, 20)))
  await sleep(random.between(5, 60))
}

/** A batch layer: extends, recomputes, rolls back, collects. Two may publish at once. */
export function publishSome(stage: Stage) {
  return async (platform: Platform, random: Random): Promise<void> => {
    stage.jobs += 1
    try {
      await platform.publish(random.chance(25) ? 'full' : 'extend')
    } finally {
      stage.jobs -= 1
    }
    if (random.chance(15)) await platform.rollBack()
    if (stage.jobs === 0 && random.chance(20)) {
      stage.jobs += 1
      await platform.collect(2).finally(() => (stage.jobs -= 1))
    }
    await sleep(random.between(20, 120))
  }
}

/**
 * One who asks, all along: each answer is what the oracle has for the prefix it names, and no prefix is shorter than
 * the one before. @returns how many answers came
 */
export async function readAll(stage: Stage, clickhouse: ClickHouse, random: Random): Promise<number> {
  const { views, log } = stage.parts
  const runner = openRunner(
    clickhouse,
    views.map(view => view.bound),
  )
  const reached = new Map<string, Readonly<Record<string, number>>>()
  let answers = 0
  while (!stage.isOver) {
    const { twin } = random.pick(views)
    try {
      const { through } = await checkAnswer(runner, log, twin, random.pick(questionsOf(twin)))
      for (const [partition, offset] of Object.entries(reached.get(twin.name) ?? {})) {
        if (through[partition]! < offset) {
          const { seq } = (await readPointer(clickhouse)) ?? { seq: 0 }
          throw new LawBroken(
            `${twin.name}, partition ${partition}: reached ${offset}, then ${through[partition]} (generation ${seq})`,
          )
        }
      }
      reached.set(twin.name, through)
      answers += 1
    } catch (error) {
      // A clear refusal is allowed while rows of its generation are being collected.
      if (!(error instanceof TwofoldError && error.code === 'GENERATION_COLLECTED')) throw error
    }
    await sleep(random.between(5, 40))
  }
  return answers
}
