import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EventBatch } from '../core/decode/event-batch.ts'
import type { FetchLimits } from '../core/io/kafka/driver.ts'
import type { RecordBatch } from '../core/model/record.ts'
import type { RecordSource } from './record-source.ts'
import type { ReadRange, ReadRanges } from './view-cursor.ts'

/** What has been read since the last look: batches in order, and the one range of each partition they make up. */
export interface ReadEvents {
  readonly batches: readonly [EventBatch, ...EventBatch[]]
  readonly ranges: ReadRanges
}

/** Long enough to cost nothing when idle; Kafka answers at once when there is something. */
const FETCH: FetchLimits = { maxWaitMs: 500, maxBytes: 4 * 2 ** 20, maxPartitionBytes: 2 ** 20 }

/**
 * Reads and decodes on while its owner folds and inserts: a quiet stream is handed over event by event, a loaded one
 * in batches that grow until `maxRecords` or `maxBytes` wait; then it pauses.
 *
 * Decoding takes as long as folding. Done in small pieces, as the records come, it fills the time in which this thread
 * would wait for DuckDB, and never keeps DuckDB waiting for long.
 */
export class ReadAhead {
  readonly #source: RecordSource
  readonly #decode: (batch: RecordBatch) => EventBatch
  readonly #positions: Map<number, number>
  readonly #maxRecords: number
  readonly #maxBytes: number
  readonly #running: Promise<void>
  #batches: EventBatch[] = []
  #ranges = new Map<number, ReadRange>()
  #records = 0
  #bytes = 0
  #stopped = false
  #hasRead = false
  #failure: { readonly error: unknown } | undefined
  /** What decoding waits for. */
  #paused: Promise<void> = Promise.resolve()
  #wake: () => void = () => undefined

  constructor(
    source: RecordSource,
    decode: (batch: RecordBatch) => EventBatch,
    positions: ReadonlyMap<number, number>,
    maxRecords: number,
    maxBytes: number,
  ) {
    this.#source = source
    this.#decode = decode
    this.#positions = new Map(positions)
    this.#maxRecords = maxRecords
    this.#maxBytes = maxBytes
    this.#running = this.#run()
  }

  /** True while so much waits that reading pauses. */
  get isFull(): boolean {
    return this.#records >= this.#maxRecords || this.#bytes >= this.#maxBytes
  }

  /** True once the source has answered. */
  get hasRead(): boolean {
    return this.#hasRead
  }

  /**
   * Takes all that waits, as soon as there is something, `undefined` after `waitMs` of nothing.
   * @throws what reading failed with, once all that was read before is taken
   */
  async take(waitMs: number): Promise<ReadEvents | undefined> {
    if (this.#batches.length === 0 && this.#failure === undefined) await this.#changed(waitMs)
    const [first, ...others] = this.#batches
    if (first === undefined) {
      if (this.#failure) throw this.#failure.error
      return undefined
    }
    const taken: ReadEvents = { batches: [first, ...others], ranges: this.#ranges }
    this.#batches = []
    this.#ranges = new Map()
    this.#records = 0
    this.#bytes = 0
    this.#wake()
    return taken
  }

  /** Waits for `waitMs`, but no longer than until so much waits that reading pauses, or has failed. */
  async untilFull(waitMs: number): Promise<void> {
    const untilMs = performance.now() + waitMs
    while (!this.isFull && this.#failure === undefined) {
      const restMs = untilMs - performance.now()
      if (restMs <= 0) return
      await this.#changed(restMs)
    }
  }

  /** Runs `step` and decodes nothing beside it. */
  pausing(step: () => Promise<void>): Promise<void> {
    const running = step()
    this.#paused = running.catch(() => undefined)
    return running
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
        else await this.#add(await this.#source.fetch(this.#positions, FETCH))
      }
    } catch (error) {
      this.#failure = { error }
      this.#wake()
    }
  }

  async #add(batches: readonly RecordBatch[]): Promise<void> {
    this.#hasRead = true
    for (const batch of batches) {
      await this.#paused
      const { partition, end, records } = batch
      const events = this.#decode(batch)
      this.#batches.push(events)
      this.#ranges.set(partition, extended(this.#ranges.get(partition), batch))
      this.#positions.set(partition, end)
      this.#records += records.length
      this.#bytes += events.valueBytes
      this.#wake()
      await nextTurn()
    }
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

/** A partition's range with what was read behind it. */
function extended(before: ReadRange | undefined, { partition, start, end, isLost }: RecordBatch): ReadRange {
  const lost = isLost ? [...(before?.lost ?? []), { partition, start, end }] : before?.lost
  return { start: before?.start ?? start, end, ...(lost !== undefined && { lost }) }
}
