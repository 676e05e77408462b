import type { FetchLimits } from '../core/io/kafka/driver.ts'
import type { RecordBatch } from '../core/model/record.ts'
import type { RecordSource } from './record-source.ts'
import type { ReadRanges } from './view-cursor.ts'

/** What has been read since the last look: batches in order, and the one range of each partition they make up. */
export interface ReadRecords {
  readonly batches: readonly RecordBatch[]
  readonly ranges: ReadRanges
}

/** Long enough to cost nothing when idle; Kafka answers at once when there is something. */
const FETCH: FetchLimits = { maxWaitMs: 500, maxBytes: 4 * 2 ** 20, maxPartitionBytes: 2 ** 20 }

/**
 * Reads on while its owner folds and inserts: a quiet stream is handed over event by event, a loaded one in batches
 * that grow until `maxRecords` or `maxBytes` wait; then it pauses.
 */
export class ReadAhead {
  readonly #source: RecordSource
  readonly #positions: Map<number, number>
  readonly #maxRecords: number
  readonly #maxBytes: number
  readonly #running: Promise<void>
  #batches: RecordBatch[] = []
  #records = 0
  #bytes = 0
  #stopped = false
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(
    source: RecordSource,
    positions: ReadonlyMap<number, number>,
    maxRecords: number,
    maxBytes: number,
  ) {
    this.#source = source
    this.#positions = new Map(positions)
    this.#maxRecords = maxRecords
    this.#maxBytes = maxBytes
    this.#running = this.#run()
  }

  /** True while so much waits that reading pauses. */
  get isFull(): boolean {
    return this.#records >= this.#maxRecords || this.#bytes >= this.#maxBytes
  }

  /**
   * Takes all that waits, as soon as there is something, `undefined` after `waitMs` of nothing.
   * @throws what reading failed with, once all that was read before is taken
   */
  async take(waitMs: number): Promise<ReadRecords | undefined> {
    if (this.#batches.length === 0 && this.#failure === undefined) await this.#changed(waitMs)
    if (this.#batches.length === 0) {
      if (this.#failure) throw this.#failure.error
      return undefined
    }
    const batches = this.#batches
    this.#batches = []
    this.#records = 0
    this.#bytes = 0
    this.#wake()
    const ranges = new Map<number, { start: number; end: number }>()
    for (const { partition, start, end } of batches) {
      ranges.set(partition, { start: ranges.get(partition)?.start ?? start, end })
    }
    return { batches, ranges }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#running
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped) {
        if (this.isFull) await this.#changed(1000)
        else this.#add(await this.#source.fetch(this.#positions, FETCH))
      }
    } catch (error) {
      this.#failure = { error }
      this.#wake()
    }
  }

  #add(batches: readonly RecordBatch[]): void {
    for (const batch of batches) {
      this.#batches.push(batch)
      this.#positions.set(batch.partition, batch.end)
      this.#records += batch.records.length
      for (const record of batch.records) this.#bytes += record.value?.length ?? 0
    }
    if (batches.length > 0) this.#wake()
  }

  /** Resolves when something was added, taken or stopped, or after `waitMs`. Owner and reader never wait at once. */
  #changed(waitMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, waitMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
