import type { KafkaDriver } from '../core/io/kafka/driver.ts'
import { keepGoing } from '../core/io/keep-going.ts'
import { errorFields, type Log } from '../core/io/log.ts'
import type { SpeedStreamState } from '../core/io/store/heartbeats.ts'
import { Freshness } from './freshness.ts'
import { LaneWorker, type LaneWorkerOptions } from './lane-worker.ts'
import { Rate } from './rate.ts'

/** Keeps a lane worker going, whatever it fails with, and knows how it fares. */
export class LaneRunner {
  readonly #options: LaneWorkerOptions
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #freshness = new Freshness()
  readonly #running: Promise<void>
  #worker: LaneWorker
  /** The message of the last failure, until it is overcome. */
  #failure: string | undefined
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
    await this.#options.session.close()
  }

  /** Looks at the log's ends, if it is time to. */
  async sample(driver: KafkaDriver): Promise<void> {
    const { stream, lane } = this.#options
    const positions = this.#worker.positions
    this.#freshness.reached(partition => positions.get(partition) ?? 0)
    if (!this.#freshness.wantsSample) return
    const atMs = Date.now()
    const offsets = await driver.offsets(stream.topic).catch(() => undefined)
    if (offsets === undefined) return
    const mine = [...offsets].filter(([partition]) => partition % stream.lanes === lane)
    this.#freshness.sample(atMs, new Map(mine.map(([partition, { end }]) => [partition, end])))
    this.#freshness.reached(partition => this.#worker.positions.get(partition) ?? 0)
  }

  state(): SpeedStreamState {
    const { stream, lane } = this.#options
    const positions = this.#worker.positions
    return {
      topic: stream.topic,
      lanes: [lane],
      views: this.#options.views.map(({ compiled: { view } }) => ({
        name: view.name,
        version: view.version,
      })),
      freshAtMs: this.#freshness.freshAtMs,
      partitions: [...positions].map(([partition, position]) => ({
        partition,
        position,
        logEnd: this.#freshness.logEnds.get(partition) ?? position,
      })),
      recordsPerSecond: this.#rate.perSecond(performance.now(), this.#records + this.#worker.recordCount),
      ...this.#health(),
    }
  }

  /** A worker that reads on has left the last failure behind; one that only found its positions has not. */
  #health(): Pick<SpeedStreamState, 'state' | 'error'> {
    if (this.#worker.isReading) this.#failure = undefined
    return { state: this.#failure === undefined ? 'running' : 'waiting', error: this.#failure }
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
