import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { importFile } from '../file/import-file.ts'
import type { ImportCounts, ImportResult } from '../file/import-report.ts'
import { RateLimiter } from '../file/rate-limiter.ts'

export interface SampleOptions {
  readonly driver: KafkaDriver
  readonly stream: StreamDefinition
  /** As `locateSample` answers it. */
  readonly path: string
  /** So many rows come at full speed, the rest at the rate. */
  readonly historyRows: number
  readonly ratePerSecond: number
  readonly onProgress?: (status: SampleStatus) => void
  readonly signal: AbortSignal
}

export interface SampleStatus {
  readonly topic: string
  readonly file: string
  readonly state: SampleState
  readonly historyRows: number
  readonly totalRows: number | undefined
  /** Rows of the file that are done, by this run or, once it has resumed, an earlier one. */
  readonly rows: number
  readonly rejected: number
  /** The rate of the live part. */
  readonly perSecond: number
  /** Why it failed. */
  readonly error: string | undefined
}

/**
 * `resuming`: how far an earlier run came is being read from Kafka, and not known yet. `exhausted`: all of the file is
 * in Kafka, and nothing more will come.
 */
export type SampleState = 'resuming' | 'history' | 'live' | 'exhausted' | 'stopped' | 'failed'

/** A sample feed under way. */
export interface RunningSample {
  status(): SampleStatus
  /** Changes the rate of the live part, also while history still comes; 0 pauses it. */
  setRate(perSecond: number): void
  /** Answers when nothing more will come: the file is exhausted, the signal aborted, or the feed failed. Never raises. */
  readonly ended: Promise<SampleStatus>
}

/**
 * Feeds a file into a stream for a demonstration: its first rows at once, as if they had always been there, the rest
 * as if they happened now. Started again, it goes on where it was, so that each row comes once.
 */
export function runSample(options: SampleOptions): RunningSample {
  const limiter = new RateLimiter(options.ratePerSecond)
  const feed = new SampleFeed(options, limiter)
  return {
    status: () => feed.status(),
    setRate: perSecond => limiter.setRate(perSecond),
    ended: feed.run(),
  }
}

const NOTHING: ImportCounts = {
  ...{ rows: 0, totalRows: undefined, done: 0, size: 0 },
  ...{ produced: 0, skipped: 0, rejected: 0 },
}

function doneRows({ produced, skipped, rejected }: ImportCounts): number {
  return produced + skipped + rejected
}

class SampleFeed {
  readonly #options: SampleOptions
  readonly #limiter: RateLimiter
  #state: SampleState = 'resuming'
  /** Of the part under way; what the part before it did stands in the two fields below. */
  #counts: ImportCounts = NOTHING
  #rowsBefore = 0
  #rejectedBefore = 0
  #error: string | undefined

  constructor(options: SampleOptions, limiter: RateLimiter) {
    this.#options = options
    this.#limiter = limiter
  }

  async run(): Promise<SampleStatus> {
    const { historyRows } = this.#options
    try {
      const history = await this.#import({ endRow: historyRows })
      if (!history.aborted) {
        this.#rowsBefore = doneRows(history)
        this.#rejectedBefore = history.rejected
        this.#counts = { ...NOTHING, totalRows: history.totalRows }
        this.#state = 'live'
        const live = await this.#import({ startRow: historyRows, ratePerSecond: this.#limiter })
        if (!live.aborted) this.#state = 'exhausted'
      }
      if (this.#state !== 'exhausted') this.#state = 'stopped'
    } catch (error) {
      this.#state = 'failed'
      this.#error = error instanceof Error ? error.message : String(error)
    }
    const status = this.status()
    this.#options.onProgress?.(status)
    return status
  }

  status(): SampleStatus {
    const { stream, path, historyRows } = this.#options
    const { rejected, totalRows } = this.#counts
    return {
      topic: stream.topic,
      file: path,
      state: this.#state,
      historyRows,
      totalRows,
      rows: this.#rowsBefore + doneRows(this.#counts),
      rejected: this.#rejectedBefore + rejected,
      perSecond: this.#limiter.perSecond,
      error: this.#error,
    }
  }

  #import(part: { startRow?: number; endRow?: number; ratePerSecond?: RateLimiter }): Promise<ImportResult> {
    const { driver, stream, path, signal, onProgress } = this.#options
    return importFile({
      ...{ driver, stream, path, signal, ...part },
      resume: true,
      onProgress: counts => {
        if (this.#state === 'resuming') this.#state = 'history'
        this.#counts = counts
        onProgress?.(this.status())
      },
    })
  }
}
