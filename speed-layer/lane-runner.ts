import { keepGoing } from '../core/io/keep-going.ts'
import { errorFields, type Log } from '../core/io/log.ts'
import type { SpeedStreamState } from '../core/io/store/heartbeats.ts'
import { Freshness } from './freshness.ts'
import { LaneWorker, type LaneWorkerOptions } from './lane-worker.ts'
import type { LogLook } from './log-ends.ts'
import { Rate } from './rate.ts'

/** Keeps a lane worker going, whatever it fails with, and knows how it fares. */
export class LaneRunner {
  readonly #options: LaneWorkerOptions
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #freshness = new Freshness()
  readonly #running: Promise<void>
  #worker: LaneWorker
  #lastPositions: ReadonlyMap<number, number> = new Map()
  /** The message of the last failure, until it is overcome. */
  #failure: string | undefined
  /** The last warning that was logged. */
  #warned: string | undefined
  #records = 0
  readonly #rate = new Rate()

  constructor(log: Log, options: LaneWorkerOptions) {
    this.#log = log
    this.#options = options
    this.#worker = new LaneWorker(options)
    this.#running = this.#run()
  }

  /** Finishes the micro-batch at hand and ends. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#warning()
    await this.#options.session.close()
  }

  get topic(): string {
    return this.#options.stream.topic
  }

  /** Takes a look at the topic's log. */
  see({ atMs, ends }: LogLook): void {
    const { stream, lane } = this.#options
    const mine = ends && new Map([...ends].filter(([partition]) => partition % stream.lanes === lane))
    const positions = this.#positions()
    this.#freshness.see({ atMs, ends: mine }, partition => positions.get(partition) ?? 0)
  }

  state(): SpeedStreamState {
    const { stream, lane } = this.#options
    const positions = this.#positions()
    return {
      topic: stream.topic,
      lanes: [lane],
      views: this.#options.views.map(({ compiled: { view } }) => ({
        name: view.name,
        version: view.version,
      })),
      freshAtMs: this.#freshness.freshAtMs,
      partitions: [...new Set([...positions.keys(), ...this.#freshness.logEnds.keys()])].map(partition => ({
        partition,
        position: positions.get(partition) ?? null,
        logEnd: this.#freshness.logEnds.get(partition) ?? null,
        freshAtMs: this.#freshness.freshAtMsOf(partition),
      })),
      recordsPerSecond: this.#rate.perSecond(performance.now(), this.#records + this.#worker.recordCount),
      ...this.#health(),
      ...this.#warning(),
    }
  }

  /** A worker that could not yet read its chains has no positions: then those of the one before it are the newest. */
  #positions(): ReadonlyMap<number, number> {
    if (this.#worker.positions.size > 0) this.#lastPositions = this.#worker.positions
    return this.#lastPositions
  }

  /** A worker that reads on has left the last failure behind; one that only found its positions has not. */
  #health(): Pick<SpeedStreamState, 'state' | 'error'> {
    if (this.#worker.isReading) this.#failure = undefined
    return { state: this.#failure === undefined ? 'running' : 'waiting', error: this.#failure }
  }

  /** What is likely to be wrong with the events; the log has it once. */
  #warning(): Pick<SpeedStreamState, 'warning'> {
    const { warning } = this.#worker
    if (warning === undefined) return {}
    if (this.#warned === undefined) this.#log.warn(`${this.topic}: ${warning}`, {})
    this.#warned = warning
    return { warning }
  }

  #run(): Promise<void> {
    const { signal } = this.#stopping
    const work = async () => {
      this.#records += this.#worker.recordCount
      this.#worker = new LaneWorker(this.#options)
      await this.#worker.run(signal)
    }
    return keepGoing(signal, work, error => this.#fail(error))
  }

  #fail(error: unknown): void {
    const { stream, lane } = this.#options
    const message = error instanceof Error ? error.message : String(error)
    if (message !== this.#failure) {
      this.#log.error(`lane ${lane} of ${stream.topic} stopped and tries again`, errorFields(error))
    }
    this.#failure = message
  }
}
