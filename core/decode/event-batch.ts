import type { ColumnBatch, ColumnVector } from '../model/column-batch.ts'
import { RecordHasher } from '../model/digest.ts'
import type { RawRecord, RecordBatch, RecordValue, ValueBatch } from '../model/record.ts'
import type { DecodableRecord, DecodedBatch, Decoder, RejectedRow } from './decoder.ts'
import type { Duplicates } from './deduplicate/duplicates.ts'
import { type Unframed, unframe } from './frames.ts'
import { rejection } from './rejection.ts'

/** Records read from Kafka or from the archive, decoded: the input relation of the fold. */
export interface EventBatch<Row extends RecordValue = RawRecord> {
  /**
   * `__partition`, `__offset`, `__hash`, `__accepted` (NULL for a record that the stream ignores), `__duplicate` where
   * duplicates are told, and the stream's columns; a row for every record, or, of a stream whose records hold several
   * events, for every event, with its number in the record as `__element`.
   */
  readonly columns: ColumnBatch
  /** Row i is of `records[i]`, of `partitions[i]`. */
  readonly records: readonly Row[]
  readonly partitions: Int32Array
  /** The number of each event in its record, where records hold several; −1 of a row for a record as a whole. */
  readonly elements?: Int32Array
  /** Of all the records' values. */
  readonly valueBytes: number
  /** Ascending by row. */
  readonly rejections: readonly RejectedRow[]
}

/**
 * Decodes and weighs the records of `batches`, in their order; with `duplicates`, marks the rows that repeat an id.
 * @throws DEDUPLICATION_GAP where a batch does not begin where the one before it in its partition ended
 */
export function decodeEvents<Row extends RecordValue = RawRecord>(
  topicId: string,
  batches: readonly (ValueBatch & { readonly records: readonly Row[] })[],
  decoder: Decoder,
  duplicates?: Duplicates,
): EventBatch<Row> {
  const records = batches.length === 1 ? batches[0]!.records : batches.flatMap(batch => batch.records)
  const partitions = partitionsOf(batches, records.length)
  for (const batch of batches) duplicates?.pass(batch)
  if (decoder.framing !== undefined) return decodeFramed(topicId, records, partitions, decoder, duplicates)
  const { accepted, ignored, columns, rejections } = decoder.decode(records, partitions)
  const weighed = weighRecords(topicId, records, partitions)
  const marks = duplicates?.mark({ partitions, offsets: weighed.offsets, columns })
  return {
    columns: {
      rows: records.length,
      columns: [...placeColumns(partitions, weighed, accepted, ignored, marks), ...columns],
    },
    records,
    partitions,
    valueBytes: weighed.valueBytes,
    rejections,
  }
}

/** Takes records apart, and decodes each of their events. One that holds none is ignored. */
function decodeFramed<Row extends RecordValue>(
  topicId: string,
  whole: readonly Row[],
  wholePartitions: Int32Array,
  decoder: Decoder,
  duplicates: Duplicates | undefined,
): EventBatch<Row> {
  const parts = whole.map(record => partsOf(record, decoder))
  const rows = parts.reduce((count, events) => count + rowsOf(events), 0)
  const weighed = weighRecords(topicId, whole, wholePartitions)
  const hasher = new RecordHasher(topicId)
  const [records, events]: [Row[], DecodableRecord[]] = [[], []]
  const [partitions, elements] = [new Int32Array(rows), new Int32Array(rows)]
  const offsets = new Uint32Array(rows * 2)
  const hashes = new BigUint64Array(rows)
  const wholeHashes = new BigUint64Array(weighed.hashes.buffer)
  const unreadable: RejectedRow[] = []
  const empty: number[] = []
  parts.forEach((part, k) => {
    const record = whole[k]!
    const first = records.length
    if ('reason' in part) unreadable.push({ row: first, ...part })
    else if (part.length === 0) empty.push(first)
    const values = 'reason' in part || part.length === 0 ? [null] : part
    const isWhole = values[0] === null
    let rest = wholeHashes[k]!
    for (const [element, value] of values.entries()) {
      const row = first + element
      partitions[row] = wholePartitions[k]!
      elements[row] = isWhole ? -1 : element
      offsets.set(weighed.offsets.subarray(2 * k, 2 * k + 2), 2 * row)
      if (element > 0) {
        hashes[row] = hashOfElement(hasher, partitions[row]!, record.offset, value, element)
        rest -= hashes[row]!
      }
      records.push(record)
      events.push(eventOf(record, value))
    }
    // The hashes of a record's events add up to the record's own.
    hashes[first] = rest
  })
  const decoded = decoder.decode(events, partitions)
  const { rejections, ignored } = judgedWholes(decoded, unreadable, empty)
  const marks = duplicates?.mark({ partitions, offsets, columns: decoded.columns })
  const place = { offsets, hashes: new Uint32Array(hashes.buffer), valueBytes: weighed.valueBytes }
  return {
    columns: {
      rows,
      columns: [
        ...placeColumns(partitions, place, decoded.accepted, ignored, marks),
        fixedColumn('__element', { kind: 'int32' }, 4, elements),
        ...decoded.columns,
      ],
    },
    records,
    partitions,
    elements,
    valueBytes: weighed.valueBytes,
    rejections,
  }
}

/** What is said of a record as a whole goes before what the decoder says of the row that stands for it. */
function judgedWholes(
  { rejections, ignored }: DecodedBatch,
  unreadable: readonly RejectedRow[],
  empty: readonly number[],
): { rejections: RejectedRow[]; ignored: number[] } {
  const wholes = new Set([...unreadable.map(({ row }) => row), ...empty])
  const others = rejections.filter(({ row }) => !wholes.has(row))
  return {
    rejections: [...unreadable, ...others].sort((a, b) => a.row - b.row),
    ignored: [...ignored.filter(row => !wholes.has(row)), ...empty].sort((a, b) => a - b),
  }
}

type Parts = Unframed | readonly [null]

/** A tombstone is one event without a value, which the decoder judges. */
function partsOf({ value }: RecordValue, { framing, maxRecordBytes }: Decoder): Parts {
  if (value === null) return [null]
  if (value.length <= maxRecordBytes) return unframe(framing!, value)
  const detail = `The record has ${value.length} bytes; the stream allows ${maxRecordBytes}.`
  return rejection('too_large', undefined, detail)
}

function rowsOf(part: Parts): number {
  return 'reason' in part ? 1 : Math.max(1, part.length)
}

function eventOf(
  { offset, timestampMs, key, headers }: RecordValue,
  value: Uint8Array | null,
): DecodableRecord {
  return {
    offset,
    value,
    ...(timestampMs !== undefined && { timestampMs }),
    ...(key !== undefined && { key }),
    ...(headers !== undefined && { headers }),
  }
}

/** 2^64 divided by the golden ratio: numbers of events spread over all bits. */
const SPREAD = 0x9e3779b97f4a7c15n

function hashOfElement(
  hasher: RecordHasher,
  partition: number,
  offset: number,
  value: Uint8Array | null,
  element: number,
): bigint {
  hasher.hash(partition, offset, value)
  const hash = (BigInt(hasher.high) << 32n) | BigInt(hasher.low)
  return BigInt.asUintN(64, hash + SPREAD * BigInt(element))
}

/**
 * The records of `batches` as they are, a row each, without their events: what the archive keeps of a stream whose
 * records hold several. One that cannot be taken apart is rejected.
 */
export function weighFrames(
  topicId: string,
  { records, partition }: RecordBatch,
  decoder: Decoder,
): EventBatch {
  const partitions = new Int32Array(records.length).fill(partition)
  const weighed = weighRecords(topicId, records, partitions)
  const rejections = records.flatMap((record, row) => {
    const part = partsOf(record, decoder)
    return 'reason' in part ? [{ row, ...part }] : []
  })
  const accepted = new Uint8Array(records.length).fill(1)
  for (const { row } of rejections) accepted[row] = 0
  return {
    columns: { rows: records.length, columns: placeColumns(partitions, weighed, accepted, [], undefined) },
    records,
    partitions,
    valueBytes: weighed.valueBytes,
    rejections,
  }
}

function placeColumns(
  partitions: Int32Array,
  { offsets, hashes }: Weighed,
  accepted: Uint8Array,
  ignored: readonly number[],
  duplicates: Uint8Array | undefined,
): ColumnVector[] {
  return [
    fixedColumn('__partition', { kind: 'int32' }, 4, partitions),
    fixedColumn('__offset', { kind: 'int64' }, 8, offsets),
    fixedColumn('__hash', { kind: 'uint64' }, 8, hashes),
    { ...fixedColumn('__accepted', { kind: 'bool' }, 1, accepted), valid: allBut(ignored, accepted.length) },
    ...(duplicates === undefined ? [] : [fixedColumn('__duplicate', { kind: 'bool' }, 1, duplicates)]),
  ]
}

function allBut(ignored: readonly number[], rows: number): Uint8Array | undefined {
  if (ignored.length === 0) return undefined
  const valid = new Uint8Array(rows).fill(1)
  for (const row of ignored) valid[row] = 0
  return valid
}

function partitionsOf(batches: readonly ValueBatch[], rows: number): Int32Array {
  const partitions = new Int32Array(rows)
  let row = 0
  for (const batch of batches) {
    partitions.fill(batch.partition, row, row + batch.records.length)
    row += batch.records.length
  }
  return partitions
}

/** Offsets and hashes of the records, each as two halves of 32 bits. */
interface Weighed {
  readonly offsets: Uint32Array
  readonly hashes: Uint32Array
  readonly valueBytes: number
}

function weighRecords(topicId: string, records: readonly RecordValue[], partitions: Int32Array): Weighed {
  const rows = records.length
  const offsets = new Uint32Array(rows * 2)
  const hashes = new Uint32Array(rows * 2)
  const hasher = new RecordHasher(topicId)
  let valueBytes = 0
  for (let row = 0; row < rows; row++) {
    const { offset, value } = records[row]!
    // Two halves instead of a BigInt64Array: no BigInt is made per record.
    offsets[row * 2] = offset % 2 ** 32
    offsets[row * 2 + 1] = Math.floor(offset / 2 ** 32)
    hasher.hash(partitions[row]!, offset, value)
    hashes[row * 2] = hasher.low
    hashes[row * 2 + 1] = hasher.high
    valueBytes += value === null ? 0 : value.length
  }
  return { offsets, hashes, valueBytes }
}

function fixedColumn(
  name: string,
  type: ColumnVector['type'],
  width: 1 | 4 | 8,
  data: Int32Array | Uint32Array | Uint8Array,
): ColumnVector {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return { name, type, valid: undefined, values: { layout: 'fixed', width, data: bytes } }
}
