import { setTimeout as sleep } from 'node:timers/promises'
import { errorFields, type Log } from '../../core/io/log.ts'
import type { BatchHeartbeat } from '../../core/io/store/heartbeats.ts'
import { Archiver, type ArchiverOptions } from './archiver.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000

/** Keeps an archiver going: what it fails with is told and tried again after a pause, for ever. */
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

  state(): BatchHeartbeat['streams'][number] {
    const { ends } = this.#archiver
    if (ends.size > 0) this.#failure = undefined
    return {
      topic: this.#options.stream.topic,
      partitions: [...ends].map(([partition, archivedEnd]) => ({ partition, archivedEnd })),
      error: this.#failure,
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let pauseMs = FIRST_PAUSE_MS
    while (!signal.aborted) {
      const startedMs = performance.now()
      try {
        await this.#archiver.run(signal)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        if (message !== this.#failure) {
          this.#log.error(
            `the archiver of ${this.#options.stream.topic} stopped and tries again`,
            errorFields(error),
          )
        }
        this.#failure = message
        this.#archiver = new Archiver(this.#options)
        pauseMs =
          performance.now() - startedMs > 60_000 ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
        await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
