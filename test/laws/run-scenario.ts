import type { JobKind } from '../../batch-layer/recompute/plan.ts'
import { readPointer } from '../../core/io/store/pointer-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { assertAccount, assertOneHistory } from './account.ts'
import { readArchived } from './batch-job.ts'
import { checkAnswer, LawBroken, openRunner, questionsOf } from './check.ts'
import { crashBatch, crashSpeed } from './crash.ts'
import { streamOf } from './drawn/schema.ts'
import type { Engines } from './engines.ts'
import type { MemoryLog } from './memory-log.ts'
import { type FoldedLink, Platform } from './platform.ts'
import {
  type Advance,
  type BatchCrash,
  logOf,
  type Scenario,
  type SpeedCrash,
  type Step,
} from './scenario.ts'

/** Runs a scenario, and holds every answer on the way and at the end against the oracle. @throws LawBroken */
export async function runScenario(engines: Engines, scenario: Scenario): Promise<void> {
  const { world: drawn } = scenario
  const world =
    'schema' in drawn ? await engines.bind(streamOf(drawn.schema), drawn.views) : await engines.world(drawn)
  const session = await engines.duckdb.session()
  try {
    await engines.inFreshPlace(async place => {
      const platform = await Platform.open({ ...place, ...world, session, log: logOf(scenario) })
      const run = new ScenarioRun(platform)
      for (const step of scenario.steps) await run.take(step)
      await run.finish()
    })
  } finally {
    await session.close()
  }
}

class ScenarioRun {
  readonly #platform: Platform
  readonly #log: MemoryLog
  /** View → how far its answers reached. */
  readonly #reached = new Map<string, Readonly<Record<string, number>>>()
  #checks = 0

  constructor(platform: Platform) {
    this.#platform = platform
    this.#log = platform.parts.log
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'advance':
        return this.#advance(step)
      case 'archive':
        return this.#archive(step.partition % this.#log.partitions.length, step.share)
      case 'publish':
        await this.#publish(step.kind)
        return this.#check()
      case 'rollBack':
        await this.#rollBack(step.back)
        return this.#check()
      case 'collect':
        await this.#platform.collect(step.keep)
        return this.#check()
      case 'mergeParts':
        return this.#platform.mergeParts()
      case 'crash':
        await (step.of === 'speed' ? this.#crashSpeed(step) : this.#crashBatch(step))
        return this.#check()
    }
  }

  /**
   * Both layers come to the end: first the answer is merged of both, then, as the log ends on block edges, the batch
   * layer recomputes all of it. Each must be what the oracle has.
   */
  async finish(): Promise<void> {
    const { stream } = this.#platform.parts
    for (const partition of this.#log.partitions)
      this.#log.skip(
        partition,
        (stream.blockSize - (this.#log.end(partition) % stream.blockSize)) % stream.blockSize,
      )
    await this.#platform.catchUp()
    await this.#checkAll()
    for (const partition of this.#log.partitions) await this.#archive(partition, 100)
    await this.#publish('extend')
    await this.#publish('full')
    await this.#checkAll()
    await this.#account()
  }

  async #advance(advance: Advance): Promise<void> {
    const folded = await this.#fold(advance)
    if (folded !== undefined) await this.#platform.write(folded, 'the living')
  }

  /** What a worker that has just read its position would write next. */
  async #fold({ view, lane, shares }: Advance): Promise<FoldedLink | undefined> {
    const { views, parts } = this.#platform
    const laneNumber = lane % parts.stream.lanes
    const cursor = await this.#platform.cursor(views[view % views.length]!, laneNumber)
    const ends = this.#platform.lanePartitions(laneNumber).map((partition): [number, number] => {
      const start = cursor.position.ends.get(partition) ?? this.#log.begin(partition)
      return [partition, partWay(start, this.#log.end(partition), shares[partition]!)]
    })
    return ends.length === 0 ? undefined : this.#platform.fold(cursor, new Map(ends))
  }

  /** Another worker takes over from the chain, with micro-batches split otherwise. */
  async #crashSpeed({ at, ...advance }: Advance & { readonly at: SpeedCrash }): Promise<void> {
    const folded = await this.#fold(advance)
    if (folded === undefined) return
    const shares = [...advance.shares].reverse()
    await crashSpeed(this.#platform, folded, at, () => this.#advance({ ...advance, shares }))
  }

  /** Another job takes over from the pointer. */
  async #crashBatch({ at, kind }: { readonly at: BatchCrash; readonly kind: JobKind }): Promise<void> {
    await crashBatch(this.#platform, kind, at, async () => {
      await this.#check()
      await this.#publish(kind)
    })
  }

  async #archive(partition: number, share: number): Promise<void> {
    const start = (await readArchived(this.#platform.batchContext)).get(partition)!.end
    await this.#platform.archiveTo(partition, partWay(start, this.#log.end(partition), share))
  }

  async #publish(kind: 'extend' | 'full'): Promise<void> {
    const outcome = await this.#platform.publish(kind)
    if (outcome !== undefined && outcome.drift.length > 0)
      throw new LawBroken(`the layers differ: ${JSON.stringify(outcome.drift)}`)
  }

  async #rollBack(back: number): Promise<void> {
    const current = await readPointer(this.#platform.parts.clickhouse)
    if (current === undefined || current.seq - back < 1) return
    await this.#platform.rollBack(current.seq - back).catch(error => {
      // The only way to refuse.
      if (!(error instanceof TwofoldError && error.code === 'ROLLBACK_IMPOSSIBLE')) throw error
    })
  }

  /** One question of each view, another one each time. */
  async #check(): Promise<void> {
    const turn = this.#checks++
    for (const { twin } of this.#platform.views) {
      const questions = questionsOf(twin)
      await this.#ask(twin.name, questions[turn % questions.length]!)
    }
  }

  async #checkAll(): Promise<void> {
    for (const { twin } of this.#platform.views)
      for (const question of questionsOf(twin)) await this.#ask(twin.name, question)
  }

  async #ask(name: string, question: ReturnType<typeof questionsOf>[number]): Promise<void> {
    const { views, parts } = this.#platform
    const { twin } = views.find(view => view.twin.name === name)!
    const runner = openRunner(
      parts.clickhouse,
      views.map(view => view.bound),
    )
    const { through } = await checkAnswer(runner, this.#log, twin, question)
    const before = this.#reached.get(name) ?? {}
    for (const [partition, offset] of Object.entries(before)) {
      if (through[partition]! < offset)
        throw new LawBroken(
          `view ${name}, partition ${partition}: an answer reached ${offset}, the next ${through[partition]}`,
        )
    }
    this.#reached.set(name, through)
  }

  async #account(): Promise<void> {
    const { clickhouse } = this.#platform.parts
    const pointer = await readPointer(clickhouse)
    for (const { twin, bound } of this.#platform.views)
      await assertAccount(clickhouse, this.#log, twin, bound, pointer?.views[twin.name])
    await assertOneHistory(clickhouse)
  }
}

/** `share` percent of the way from `start` to `end`. */
function partWay(start: number, end: number, share: number): number {
  return Math.max(start, start + Math.ceil(((end - start) * share) / 100))
}
