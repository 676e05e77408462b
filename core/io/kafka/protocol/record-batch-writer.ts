import crc32C from 'kafkajs/src/protocol/recordBatch/crc32C/index.js'
import type { RecordHeader } from '../../../model/record.ts'
import type { ProducerRecord, WritableCodec } from '../driver.ts'
import { compress } from './compression.ts'

/** What makes a batch one that the broker takes once, however often it is sent. */
export interface BatchIdentity {
  readonly producerId: number
  readonly epoch: number
  readonly firstSequence: number
}

const HEADER_BYTES = 61
const LENGTH_AT = 8
const FORMAT_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21

/** Encodes records as one batch of format 2. Records without a timestamp get `nowMs`. */
export async function encodeRecordBatch(
  records: readonly ProducerRecord[],
  identity: BatchIdentity,
  codec: WritableCodec | undefined,
  nowMs: number,
): Promise<Buffer> {
  const timestamps = records.map(({ timestampMs }) => timestampMs ?? nowMs)
  const firstTimestampMs = timestamps[0]!
  const plain = encodeRecords(records, timestamps)
  const { number, bytes } = await compress(codec, plain)

  const batch = Buffer.allocUnsafe(HEADER_BYTES + bytes.length)
  batch.writeBigInt64BE(0n, 0) // base offset: the broker's to give
  batch.writeInt32BE(batch.length - LENGTH_AT - 4, LENGTH_AT)
  batch.writeInt32BE(-1, 12) // partition leader epoch: the broker's to give
  batch.writeInt8(2, FORMAT_AT)
  batch.writeInt16BE(number, ATTRIBUTES_AT)
  batch.writeInt32BE(records.length - 1, 23) // last offset delta
  batch.writeBigInt64BE(BigInt(firstTimestampMs), 27)
  batch.writeBigInt64BE(BigInt(timestamps.reduce((a, b) => Math.max(a, b))), 35)
  batch.writeBigInt64BE(BigInt(identity.producerId), 43)
  batch.writeInt16BE(identity.epoch, 51)
  batch.writeInt32BE(identity.firstSequence, 53)
  batch.writeInt32BE(records.length, 57)
  bytes.copy(batch, HEADER_BYTES)
  batch.writeUInt32BE(crc32C(batch.subarray(ATTRIBUTES_AT)), CRC_AT)
  return batch
}

/** More than the length, timestamp, offset and sizes of a record, or of a header, ever take. */
const RECORD_OVERHEAD_BYTES = 40
const HEADER_OVERHEAD_BYTES = 10

/** No less than what a record takes in a batch, without compression. */
export function recordSizeBytes({ key, value, headers = [] }: ProducerRecord): number {
  let sizeBytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers)
    sizeBytes += HEADER_OVERHEAD_BYTES + 3 * header.name.length + (header.value?.length ?? 0)
  return sizeBytes
}

function encodeRecords(records: readonly ProducerRecord[], timestamps: readonly number[]): Buffer {
  const writer = new VarintWriter(records.reduce((sum, record) => sum + recordSizeBytes(record), 0))
  const body = new VarintWriter(records.reduce((most, record) => Math.max(most, recordSizeBytes(record)), 0))
  records.forEach((record, index) => {
    body.rewind()
    body.varint(0) // attributes, unused by Kafka: a zero byte
    body.varint(timestamps[index]! - timestamps[0]!)
    body.varint(index)
    body.bytes(record.key)
    body.bytes(record.value)
    writeHeaders(body, record.headers ?? [])
    writer.bytes(body.written())
  })
  return writer.written()
}

function writeHeaders(body: VarintWriter, headers: readonly RecordHeader[]): void {
  body.varint(headers.length)
  for (const { name, value } of headers) {
    body.bytes(Buffer.from(name, 'utf8'))
    body.bytes(value)
  }
}

/** Writes zigzag numbers, and byte strings with their length ahead (−1 for null), into a buffer large enough. */
class VarintWriter {
  readonly #target: Buffer
  #position = 0

  constructor(capacityBytes: number) {
    this.#target = Buffer.allocUnsafe(capacityBytes)
  }

  varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#target[this.#position++] = (rest % 128) | 128
    this.#target[this.#position++] = rest
  }

  bytes(bytes: Uint8Array | null): void {
    if (bytes === null) {
      this.varint(-1)
      return
    }
    this.varint(bytes.length)
    this.#target.set(bytes, this.#position)
    this.#position += bytes.length
  }

  rewind(): void {
    this.#position = 0
  }

  /** A view of what was written since the start. */
  written(): Buffer {
    return this.#target.subarray(0, this.#position)
  }
}
