import { keepGoing } from '../../core/io/keep-going.ts'
import { errorFields, type Log } from '../../core/io/log.ts'
import type { BatchHeartbeat } from '../../core/io/store/heartbeats.ts'
import { Archiver, type ArchiverOptions } from './archiver.ts'

/** Keeps an archiver going, whatever it fails with, and knows how it fares. */
export class ArchiverRunner {
  readonly #options: ArchiverOptions
  readonly #log: Log
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>
  #archiver: Archiver
  #failure: string | undefined

  constructor(log: Log, options: ArchiverOptions) {
    this.#log = log
    this.#options = options
    this.#archiver = new Archiver(options)
    this.#running = this.#run()
  }

  /** Archives what waits and ends. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#options.session.close()
  }

  /** Archives up to these offsets, by partition, as soon as they are read. */
  wants(ends: ReadonlyMap<number, number>): void {
    this.#archiver.wants(ends)
  }

  get topic(): string {
    return this.#options.stream.topic
  }

  state(): BatchHeartbeat['streams'][number] {
    const { ends, lost, isReading } = this.#archiver
    // One that only found its position has not left the last failure behind.
    if (isReading) this.#failure = undefined
    return {
      topic: this.#options.stream.topic,
      partitions: [...ends].map(([partition, archivedEnd]) => ({
        partition,
        archivedEnd,
        lost: lost.get(partition)!,
      })),
      error: this.#failure,
    }
  }

  #run(): Promise<void> {
    const { signal } = this.#stopping
    const work = async () => {
      this.#archiver = new Archiver(this.#options)
      await this.#archiver.run(signal)
    }
    return keepGoing(signal, work, error => this.#fail(error))
  }

  #fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    if (message !== this.#failure) {
      const { topic } = this.#options.stream
      this.#log.error(`the archiver of ${topic} stopped and tries again`, errorFields(error))
    }
    this.#failure = message
  }
}
