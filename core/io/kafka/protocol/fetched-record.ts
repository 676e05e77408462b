import type { RawRecord, RecordHeader } from '../../../model/record.ts'

/**
 * A record within the bytes that a fetch brought. Views of its key and value are made when they are asked for: a
 * record that waits is one small object instead of three, and most of what reading a topic costs is collecting garbage.
 */
export class FetchedRecord implements RawRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly headers: readonly RecordHeader[]
  readonly #bytes: Buffer
  readonly #keyAt: number
  readonly #keySizeBytes: number
  readonly #valueAt: number
  readonly #valueSizeBytes: number

  /** A size below zero is Kafka's way to write null. */
  constructor(
    offset: number,
    timestampMs: number,
    headers: readonly RecordHeader[],
    bytes: Buffer,
    keyAt: number,
    keySizeBytes: number,
    valueAt: number,
    valueSizeBytes: number,
  ) {
    this.offset = offset
    this.timestampMs = timestampMs
    this.headers = headers
    this.#bytes = bytes
    this.#keyAt = keyAt
    this.#keySizeBytes = keySizeBytes
    this.#valueAt = valueAt
    this.#valueSizeBytes = valueSizeBytes
  }

  get key(): Buffer | null {
    return viewOf(this.#bytes, this.#keyAt, this.#keySizeBytes)
  }

  get value(): Buffer | null {
    return viewOf(this.#bytes, this.#valueAt, this.#valueSizeBytes)
  }
}

function viewOf(bytes: Buffer, at: number, sizeBytes: number): Buffer | null {
  return sizeBytes < 0 ? null : bytes.subarray(at, at + sizeBytes)
}
