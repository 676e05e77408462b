import fc from 'fast-check'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { type Files, nodeFiles } from '../../core/io/files.ts'
import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { assertAccount, assertOneHistory } from '../laws/account.ts'
import { type JobOutcome, runBatchJob } from '../laws/batch-job.ts'
import { checkAnswer, LawBroken, openRunner, questionsOf } from '../laws/check.ts'
import type { Engines, Place, World } from '../laws/engines.ts'
import { MemoryLog } from '../laws/memory-log.ts'
import type { OracleId } from '../laws/oracle.ts'
import { Platform, type PlatformView } from '../laws/platform.ts'
import { draft } from '../laws/records.ts'
import type { ViewName } from '../laws/world.ts'
import type { Break, Breaks } from './mutant.ts'

/** A short and fixed course of events that ends well on a sound platform. */
export interface Scenario {
  /** What happens in it. */
  readonly name: string
  readonly views: readonly ViewName[]
  /** What its stream tells repeats by. */
  readonly id?: OracleId
  /** Two of its statements must overlap, which is up to the machine: where they do not, nothing is found and nothing shown. */
  readonly isRace?: boolean
  /** @throws what the laws, or the platform itself, found wrong */
  readonly run: (stage: Stage) => Promise<void>
}

export interface PlatformOptions {
  /** Other definitions than the world's. */
  readonly views?: readonly PlatformView[]
  readonly deduplicationWindow?: number
  /** What befalls statements on their way to ClickHouse. */
  readonly clickhouseFaults?: (inner: ClickHouse) => ClickHouse
  readonly fileFaults?: (inner: Files) => Files
}

/** Where a scenario plays: the real engines, some of them broken. */
export class Stage {
  readonly place: Place
  readonly world: World
  readonly session: DuckDBSession
  readonly #breaks: Breaks

  constructor(place: Place, world: World, session: DuckDBSession, breaks: Breaks) {
    this.place = place
    this.world = world
    this.#breaks = breaks
    this.session = broken(breaks.session, session)
  }

  clickhouse(faults: (inner: ClickHouse) => ClickHouse = sound => sound): ClickHouse {
    return broken(this.#breaks.clickhouse, faults(this.place.clickhouse))
  }

  files(inner: Files = nodeFiles): Files {
    return broken(this.#breaks.files, inner)
  }

  driver(inner: KafkaDriver): KafkaDriver {
    return broken(this.#breaks.driver, inner)
  }

  speedStream(): StreamDefinition {
    return broken(this.#breaks.speedStream, this.world.stream)
  }

  async openPlatform(log: MemoryLog, options: PlatformOptions = {}): Promise<Platform> {
    const { stream } = this.world
    const { deduplicationWindow, clickhouseFaults, fileFaults = (inner: Files) => inner } = options
    const { views = this.world.views } = options
    const speedDecoder = this.#breaks.speedDecoder?.(stream)
    return Platform.open({
      log,
      stream,
      views,
      session: this.session,
      archive: this.place.archive,
      clickhouse: this.clickhouse(clickhouseFaults),
      files: this.files(fileFaults(nodeFiles)),
      job: broken(this.#breaks.job, runBatchJob),
      ...(deduplicationWindow !== undefined && { deduplicationWindow }),
      ...(speedDecoder !== undefined && { speedDecoder }),
    })
  }
}

/** Plays a scenario in a fresh place. @throws as the scenario does */
export async function play(engines: Engines, scenario: Scenario, breaks: Breaks): Promise<void> {
  const { views, id } = scenario
  const shape = { blockSize: 4, lanes: 1, grain: 'minute', views } as const
  const world = await engines.world({ ...shape, ...(id !== undefined && { id }) })
  const session = await engines.duckdb.session()
  try {
    await engines.inFreshPlace(place => scenario.run(new Stage(place, world, session, breaks)))
  } finally {
    await session.close()
  }
}

/** A log of `partitions` that holds the same records each time: bad ones among them, and gaps. */
export function filledLog(begins: readonly number[], records: number): MemoryLog {
  const log = new MemoryLog('things', begins)
  for (const [index, record] of fc.sample(draft, { seed: 5, numRuns: records }).entries())
    log.append(index % begins.length, record, index % 9 === 0 ? 1 : 0)
  return log
}

/** Every view's answer is the oracle's over what it covers. */
export async function check(platform: Platform): Promise<void> {
  const runner = openRunner(
    platform.parts.clickhouse,
    platform.views.map(view => view.bound),
  )
  for (const { twin } of platform.views)
    await checkAnswer(runner, platform.parts.log, twin, questionsOf(twin)[0]!)
}

/** A batch job in which the layers agree, that goes on with the history of pointers, and whose answers are the oracle's. */
export async function publish(platform: Platform, kind: 'extend' | 'full'): Promise<JobOutcome> {
  const outcome = await platform.publish(kind)
  if (outcome === undefined) throw new LawBroken('nothing was published')
  if (outcome.drift.length > 0) throw new LawBroken(`the layers differ: ${JSON.stringify(outcome.drift[0])}`)
  await assertOneHistory(platform.parts.clickhouse)
  await check(platform)
  return outcome
}

/** All of the log is in the chains, in the answers, and accounted for once; the pointers are one history. */
export async function assertAll(platform: Platform): Promise<void> {
  const { clickhouse, log } = platform.parts
  await platform.catchUp()
  await check(platform)
  const pointer = await readPointer(clickhouse)
  for (const { twin, bound } of platform.views)
    await assertAccount(clickhouse, log, twin, bound, pointer?.views[twin.name])
  await assertOneHistory(clickhouse)
}

function broken<Part>(by: Break<Part> | undefined, part: Part): Part {
  return by === undefined ? part : by(part)
}
