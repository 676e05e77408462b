import { TwofoldError } from '../../core/model/errors.ts'
import type { RawRecord, RecordBatch } from '../../core/model/record.ts'

/** What a record takes beside its bytes, measured roughly. */
const RECORD_BYTES = 250

/** Records of one partition that wait to become a segment. */
export class RangeBuffer {
  readonly partition: number
  start: number
  end: number
  sizeBytes = 0
  /** When the oldest of it came in, by a monotonic clock; `undefined` while there is nothing. */
  sinceMs: number | undefined
  #records: RawRecord[] = []

  constructor(partition: number, start: number) {
    this.partition = partition
    this.start = start
    this.end = start
  }

  get recordCount(): number {
    return this.#records.length
  }

  /** About what the waiting records take of memory. */
  get memoryBytes(): number {
    return this.sizeBytes + RECORD_BYTES * this.#records.length
  }

  /** Takes a batch that begins where the buffer ends. @throws ARCHIVE_GAP where it does not */
  add(batch: RecordBatch, nowMs: number): void {
    if (batch.start !== this.end) {
      throw new TwofoldError(
        'ARCHIVE_GAP',
        `Partition ${this.partition} was to be read on from offset ${this.end}, and a batch from ${batch.start} came.`,
        { details: { partition: this.partition, expected: this.end, found: batch.start } },
      )
    }
    for (const record of batch.records) {
      this.#records.push(record)
      this.sizeBytes += (record.value?.length ?? 0) + (record.key?.length ?? 0)
    }
    this.end = batch.end
    this.sinceMs ??= nowMs
  }

  /** What is waiting, as one batch. */
  peek(): RecordBatch {
    return { partition: this.partition, start: this.start, end: this.end, records: this.#records }
  }

  /** Begins anew at `start`. */
  reset(start: number): void {
    this.start = start
    this.end = start
    this.sizeBytes = 0
    this.sinceMs = undefined
    this.#records = []
  }
}
