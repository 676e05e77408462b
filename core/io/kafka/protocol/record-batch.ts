import { TwofoldError } from '../../../model/errors.ts'
import type { RawRecord, RecordHeader } from '../../../model/record.ts'
import { ByteReader } from './byte-reader.ts'
import { decompress } from './compression.ts'
import type { AbortedTransaction } from './fetch.ts'
import { FetchedRecord } from './fetched-record.ts'

/** What was fetched of one partition, and from where on it was asked for. */
export interface FetchedBytes {
  readonly topic: string
  readonly partition: number
  readonly position: number
  readonly bytes: Buffer
  readonly aborted: readonly AbortedTransaction[]
}

/** The committed records from the position on, and the position after the last whole batch. */
export interface DecodedBatches {
  readonly records: readonly RawRecord[]
  readonly end: number
}

/** The header of a record batch, format 2 (Kafka 0.11 and later), and where its records stand. */
interface BatchHeader {
  readonly firstOffset: number
  readonly lastOffset: number
  readonly attributes: number
  readonly firstTimestampMs: number
  readonly maxTimestampMs: number
  readonly producerId: number
  readonly recordCount: number
  readonly records: Buffer
}

const PREFIX_BYTES = 12
const FORMAT_AT = 16
const COMPRESSION_BITS = 0x07
const LOG_APPEND_TIME_BIT = 0x08
const TRANSACTION_BIT = 0x10
const CONTROL_BIT = 0x20
const ABORT_MARKER = 0
const NO_HEADERS: readonly RecordHeader[] = []

/**
 * Decodes fetched record batches with `read_committed` isolation, as Kafka's own consumer does: whole batches
 * of an aborted transaction are left out until its abort marker. Offsets are not dense, so the end comes from
 * the batches' headers, which also cover markers and records that compaction removed.
 *
 * @throws CODEC_UNREADABLE, BATCH_UNREADABLE
 */
export async function decodeRecordBatches(fetched: FetchedBytes): Promise<DecodedBatches> {
  const records: RawRecord[] = []
  const transactions = new AbortedTransactions(fetched.aborted)
  let end = fetched.position
  for (let at = 0; ; ) {
    const sizeBytes = wholeBatchAt(fetched.bytes, at)
    if (sizeBytes === undefined) return { records, end }
    try {
      const batch = readHeader(fetched.bytes.subarray(at, at + sizeBytes))
      if (!transactions.hides(batch)) await readRecords(batch, fetched.position, records)
      end = Math.max(end, batch.lastOffset + 1)
    } catch (cause) {
      throw unreadable(fetched, end, cause)
    }
    at += sizeBytes
  }
}

/** The size of the batch that starts there, or `undefined` where the answer's size limit cut it off. */
function wholeBatchAt(bytes: Buffer, at: number): number | undefined {
  if (at + PREFIX_BYTES > bytes.length) return undefined
  const sizeBytes = PREFIX_BYTES + bytes.readInt32BE(at + 8)
  return at + sizeBytes > bytes.length ? undefined : sizeBytes
}

function readHeader(batch: Buffer): BatchHeader {
  const format = batch.readInt8(FORMAT_AT)
  if (format !== 2) throw new Error(`its format is ${format}, and only format 2 is read`)
  const reader = new ByteReader(batch)
  const firstOffset = reader.int64()
  reader.position = FORMAT_AT + 1 + 4 // the CRC: the broker has checked it, and TCP guards the way here
  const attributes = reader.int16()
  const lastOffset = firstOffset + reader.int32()
  const firstTimestampMs = reader.int64()
  const maxTimestampMs = reader.int64()
  const producerId = reader.int64()
  reader.position += 2 + 4 // producer epoch, first sequence
  const recordCount = reader.int32()
  const records = batch.subarray(reader.position)
  return {
    firstOffset,
    lastOffset,
    attributes,
    firstTimestampMs,
    maxTimestampMs,
    producerId,
    recordCount,
    records,
  }
}

/** Follows which producers are inside an aborted transaction. */
class AbortedTransactions {
  /** The broker lists them by the end of the transaction; we meet them by their first offset. */
  readonly #waiting: AbortedTransaction[]
  readonly #open = new Set<number>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  /** Whether the consumer must not see the batch: a transaction marker, or part of an aborted transaction. */
  hides(batch: BatchHeader): boolean {
    while (this.#waiting.length > 0 && this.#waiting[0]!.firstOffset <= batch.lastOffset) {
      this.#open.add(this.#waiting.shift()!.producerId)
    }
    if ((batch.attributes & CONTROL_BIT) !== 0) {
      if (markerTypeOf(batch) === ABORT_MARKER) this.#open.delete(batch.producerId)
      return true
    }
    return (batch.attributes & TRANSACTION_BIT) !== 0 && this.#open.has(batch.producerId)
  }
}

/** A control batch holds one record, never compressed; its key is a version and a type, 16 bits each. */
function markerTypeOf(batch: BatchHeader): number | undefined {
  if (batch.recordCount === 0) return undefined
  return readRecord(new ByteReader(batch.records), batch).key?.readInt16BE(2)
}

async function readRecords(batch: BatchHeader, position: number, into: RawRecord[]): Promise<void> {
  const compression = batch.attributes & COMPRESSION_BITS
  const bytes = compression === 0 ? batch.records : await decompress(compression, batch.records)
  const reader = new ByteReader(bytes)
  for (let index = 0; index < batch.recordCount; index++) {
    const record = readRecord(reader, batch)
    // A fetch answers with the whole batch that holds the position.
    if (record.offset >= position) into.push(record)
  }
}

function readRecord(reader: ByteReader, batch: BatchHeader): FetchedRecord {
  const sizeBytes = reader.varint()
  const end = reader.position + sizeBytes
  reader.position += 1 // attributes, unused by Kafka
  const timestampDeltaMs = reader.varint()
  const offset = batch.firstOffset + reader.varint()
  const keySizeBytes = reader.varint()
  const keyAt = reader.pass(keySizeBytes)
  const valueSizeBytes = reader.varint()
  const valueAt = reader.pass(valueSizeBytes)
  const headerCount = reader.varint()
  const headers =
    headerCount === 0 ? NO_HEADERS : Array.from({ length: headerCount }, () => readRecordHeader(reader))
  if (reader.position !== end) throw new Error(`the record at offset ${offset} is not as long as it says`)
  const appendTime = (batch.attributes & LOG_APPEND_TIME_BIT) !== 0
  const timestampMs = appendTime ? batch.maxTimestampMs : batch.firstTimestampMs + timestampDeltaMs
  return new FetchedRecord(
    offset,
    timestampMs,
    headers,
    reader.bytes,
    keyAt,
    keySizeBytes,
    valueAt,
    valueSizeBytes,
  )
}

function readRecordHeader(reader: ByteReader): RecordHeader {
  const name = reader.view(reader.varint())!.toString('utf8')
  return { name, value: reader.view(reader.varint()) }
}

function unreadable(
  { topic, partition, position }: FetchedBytes,
  offset: number,
  cause: unknown,
): TwofoldError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof TwofoldError ? cause.code : 'BATCH_UNREADABLE'
  const message = `Reading the record batch of topic "${topic}", partition ${partition}, at or after offset ${offset} failed: ${reason}`
  return new TwofoldError(code, message, { details: { topic, partition, position, offset }, cause })
}
