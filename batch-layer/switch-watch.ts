import type { LayerContext } from '../core/io/layer-context.ts'
import { readPointer } from '../core/io/store/pointer-store.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { HeldView } from '../core/model/held-view.ts'
import { lockBatch } from './job.ts'
import { publishBeginnings } from './publish/beginning.ts'
import { lookAtSwitch } from './publish/hold-back.ts'

const LOOK_EVERY_MS = 1000
/** Under load a new chain is where the old one was a moment ago; longer than this, the schedule is not kept waiting. */
const LOOK_FOR_MS = 500

/**
 * Watches, between the scheduled jobs, for definitions that have changed: a new version serves as soon as its chain has
 * come as far as answers reach, and not only when the next job is due.
 */
export class SwitchWatch {
  readonly #context: LayerContext
  #lookedMs = Number.NEGATIVE_INFINITY
  #held: readonly HeldView[] = []

  constructor(context: LayerContext) {
    this.#context = context
  }

  /** The views whose new version was still behind at the last look. */
  get held(): readonly HeldView[] {
    return this.#held
  }

  /** True where a job would switch a view now. Looks once a second at most; false where ClickHouse cannot be asked. */
  async look(nowMs: number): Promise<boolean> {
    if (nowMs < this.#lookedMs + LOOK_EVERY_MS) return false
    this.#lookedMs = nowMs
    try {
      return await this.#lookNow()
    } catch {
      // What fails here fails in the jobs as well, and they tell.
      return false
    }
  }

  async #lookNow(): Promise<boolean> {
    const { clickhouse, views } = this.#context
    const pointer = await readPointer(clickhouse)
    const isPaused = pointer?.paused === true
    if (!isPaused && views.some(({ name }) => pointer?.views[name] === undefined)) await this.#begin()
    const { ready, held } = await lookAtSwitch(clickhouse, views, pointer, LOOK_FOR_MS)
    this.#held = held
    return !isPaused && ready.length > 0
  }

  /** Under the lock of the jobs: none that is at work is superseded by it. */
  async #begin(): Promise<void> {
    const { clickhouse, views } = this.#context
    const lock = await lockBatch(this.#context).catch(error => {
      if (error instanceof TwofoldError && error.code === 'BATCH_BUSY') return undefined
      throw error
    })
    try {
      if (lock !== undefined)
        await publishBeginnings(clickhouse, views, await readPointer(clickhouse), Date.now())
    } finally {
      lock?.release()
    }
  }
}
