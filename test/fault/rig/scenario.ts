import { join } from 'node:path'
import { type SegmentChain, walkChain } from '../../../core/io/archive/segment-chain.ts'
import { nodeFiles } from '../../../core/io/files.ts'
import type { LayerContext } from '../../../core/io/layer-context.ts'
import { resolveOptions } from '../../../core/io/options.ts'
import { type BatchHeartbeat, readHeartbeats } from '../../../core/io/store/heartbeats.ts'
import { readOrigins } from '../../../core/io/store/partition-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import type { ErrorCode } from '../../../core/model/errors.ts'
import { eventually } from '../../support/api.ts'
import { until } from '../../support/processes.ts'
import { assertConserved, assertKept, type Whereabouts } from './conservation.ts'
import { assertNoDamage } from './damage.ts'
import { readLedgers } from './ledger.ts'
import { readKafka, ScenarioLog } from './log.ts'
import { faultProject } from './project.ts'
import type { Hindrances, ReadersReport } from './readers.ts'
import { prepareScenario, type ScenarioOptions, ScenarioPlatform } from './scenario-platform.ts'
import type { Servers } from './servers.ts'
import { assertNoDrift, assertVerified } from './verification.ts'

const SETTLES_WITHIN_MS = 120_000
/** Fewer say nothing. */
const MIN_ANSWERS = 10
const HEARTBEAT_WITHIN_MS = 5_000
const RESTS_MS = 300_000

/** What a scenario came to, for its line in the output. */
export interface ScenarioReport extends ReadersReport {
  readonly acknowledged: number
  /** Records of which the producer never learned what became of them. */
  readonly open: number
}

/** What a scenario does to its platform, by what comes of it. All else that comes is a fault. */
export interface Doings extends Hindrances {
  /** Damage of which its layers may speak. */
  readonly mayTell: readonly ErrorCode[]
}

/**
 * A platform under test, with all that a scenario waits for and is judged by. It begins with `open` and ends with
 * `close`.
 */
export class Scenario extends ScenarioPlatform {
  /** The most records that ever stood in every view's answers. */
  #answered = 0
  /** What was found of each topic's archive so far. */
  readonly #chains = new Map<string, SegmentChain>()

  static async open(servers: Servers, options: ScenarioOptions = {}): Promise<Scenario> {
    return new Scenario(await prepareScenario(servers, options))
  }

  /** Records that stand in every view's answers. */
  async answered(): Promise<number> {
    const reached = this.views.map(async ({ twin }) => {
      const { coverage } = await this.api.ask({ view: twin.name })
      return Object.values(coverage.through).reduce((sum, end) => sum + end, 0)
    })
    const answered = Math.min(...(await Promise.all(reached)))
    this.#answered = Math.max(this.#answered, answered)
    return answered
  }

  /** Waits until answers hold so many records more than now, or than they ever held where they cannot be had now. */
  async progress(records = 100): Promise<void> {
    await this.answered().catch(() => undefined)
    const since = this.#answered
    await eventually(
      `answers with ${records} more records than ${since}`,
      () => this.answered(),
      count => count >= since + records,
      SETTLES_WITHIN_MS,
    )
  }

  /** Ends the load, and answers what the topic ever held: the ledger's records and Kafka's are the same. */
  async endLoad(): Promise<ScenarioLog> {
    await this.endLoads()
    return ScenarioLog.join(await readKafka(this.servers.driver, this.topic), readLedgers(this.ledgers))
  }

  /** Waits until the archive holds so many offsets more than now. */
  async archives(offsets = 30): Promise<void> {
    const count = async () => Object.values(await this.archivedEnds()).reduce((sum, end) => sum + end, 0)
    const since = await count()
    await until(
      `the archive grows beyond ${since} offsets by ${offsets}`,
      async () => (await count()) >= since + offsets,
      SETTLES_WITHIN_MS,
    )
  }

  /** Waits until the schedule has had its first job and rests for minutes: what comes then comes by command. */
  async scheduleRests(): Promise<void> {
    await until(
      'the schedule rests',
      async () => {
        const beats = await readHeartbeats(this.clickhouse, HEARTBEAT_WITHIN_MS)
        const batch = beats.find(({ layer }) => layer === 'batch')?.body as BatchHeartbeat | undefined
        return (batch?.nextJobAtMs ?? 0) > Date.now() + RESTS_MS
      },
      SETTLES_WITHIN_MS,
    )
  }

  /** Waits for so many generations more than now, and answers the number of the last one. */
  async publishes(generations = 1): Promise<number> {
    const count = async () => (await readPointer(this.clickhouse))?.seq ?? 0
    const since = await count()
    return eventually(
      `${generations} generations after number ${since}`,
      count,
      seq => seq >= since + generations,
      SETTLES_WITHIN_MS,
    )
  }

  /**
   * Ends the load, waits until all layers have come to the end of the log, and judges: the ledger against the log,
   * each answer that readers got, the whereabouts of each record, and what jobs, `verify` and the layers themselves
   * have found. The layers must run. Without `doings` layers and refusals are left to the caller.
   * @throws for the first thing that is not as it must be
   */
  async finish(doings?: Doings): Promise<ScenarioReport> {
    const log = await this.endLoad()
    await this.#settled(log)
    const report = await this.#judgeReaders(log, doings)
    await this.#judging(where => assertConserved(where, log))
    await assertNoDrift(this.clickhouse)
    await assertVerified(this.#context)
    this.#assertSound(doings)
    return report
  }

  /**
   * Judges what can be judged of a platform that stands still, and is right to: everything but the archive, which does
   * not hold all of the log.
   */
  async judgeStill(log: ScenarioLog, doings: Doings): Promise<ScenarioReport> {
    const report = await this.#judgeReaders(log, doings)
    await this.#judging(where => assertKept(where, log))
    await assertNoDrift(this.clickhouse)
    this.#assertSound(doings)
    return report
  }

  async #judging(judge: (where: Whereabouts) => Promise<void>): Promise<void> {
    const session = await this.servers.duckdb.session()
    try {
      const { clickhouse, views, api, topic, archive } = this
      const { lanes } = this.shape
      await judge({ topic, lanes, archive, clickhouse, session, views, api })
    } finally {
      await session.close()
    }
  }

  #assertSound(doings: Doings | undefined): void {
    if (doings === undefined) return
    for (const { layer, output } of this.layers) assertNoDamage(`the ${layer} layer`, output, doings.mayTell)
  }

  /** What a command of `twofold` has at hand in this process. */
  get #context(): LayerContext {
    const { clickhouse, driver, duckdb } = this.servers
    const project = faultProject(this.shape)
    return {
      project,
      options: resolveOptions(project.options, {}),
      views: this.views.map(({ bound }) => bound),
      clickhouse: this.clickhouse,
      clickhouseConnection: { ...clickhouse, database: this.topic },
      driver,
      duckdb,
      dataDir: join(this.folder, 'data'),
      log: { info: () => {}, warn: () => {}, error: () => {} },
    }
  }

  async #judgeReaders(log: ScenarioLog, doings: Doings | undefined): Promise<ScenarioReport> {
    await this.readers.stop()
    const report = this.readers.judge(log, ({ coverage }) => this.twins.get(coverage.version)!, doings)
    if (report.answers < MIN_ANSWERS) throw new Error(`Readers got no more than ${report.answers} answers.`)
    const { acknowledged, open } = readLedgers(this.ledgers)
    return { acknowledged: acknowledged.length, open: open.length, ...report }
  }

  async #settled(log: ScenarioLog): Promise<void> {
    const isAt = (ends: Readonly<Record<string, number>>) =>
      log.partitions.every(partition => ends[partition] === log.end(partition))
    for (const { twin, bound } of this.views)
      await eventually(
        `answers of ${twin.name} with the whole log, ${JSON.stringify(log.ends)}, of both layers`,
        async () => (await this.api.ask({ view: twin.name })).coverage,
        ({ through, records, version }) => isAt(through) && records.batch > 0 && version === bound.version,
        SETTLES_WITHIN_MS,
      )
    await until(
      'the archive has the whole log',
      async () => isAt(await this.archivedEnds()),
      SETTLES_WITHIN_MS,
    )
  }

  /** Where the archive of each partition ends. */
  async archivedEnds(): Promise<Record<string, number>> {
    const origins = [...(await readOrigins(this.clickhouse, this.topic)).values()]
    const ends = origins.map(async origin => {
      const key = `${origin.topicId}/${origin.partition}`
      const chain = await walkChain(nodeFiles, this.archive, origin, this.#chains.get(key))
      this.#chains.set(key, chain)
      return [origin.partition, chain.end]
    })
    return Object.fromEntries(await Promise.all(ends))
  }
}
