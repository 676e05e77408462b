import type { ColumnBatch, ColumnVector } from '../model/column-batch.ts'
import { RecordHasher } from '../model/digest.ts'
import type { RawRecord, RecordValue, ValueBatch } from '../model/record.ts'
import type { Decoder, RejectedRow } from './decoder.ts'
import type { Duplicates } from './deduplicate/duplicates.ts'

/** Records read from Kafka or from the archive, decoded: the input relation of the fold. */
export interface EventBatch<Row extends RecordValue = RawRecord> {
  /**
   * `__partition`, `__offset`, `__hash`, `__accepted` (NULL for a record that the stream ignores), `__duplicate` where
   * duplicates are told, and the stream's
   * columns; a row for every record.
   */
  readonly columns: ColumnBatch
  /** Row i is `records[i]`, of `partitions[i]`. */
  readonly records: readonly Row[]
  readonly partitions: Int32Array
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
  const { accepted, ignored, columns, rejections } = decoder.decode(records, partitions)
  const weighed = weighRecords(topicId, records, partitions)
  for (const batch of batches) duplicates?.pass(batch)
  const marks = duplicates?.mark({ partitions, offsets: weighed.offsets, columns })
  return {
    columns: {
      rows: records.length,
      columns: [
        fixedColumn('__partition', { kind: 'int32' }, 4, partitions),
        fixedColumn('__offset', { kind: 'int64' }, 8, weighed.offsets),
        fixedColumn('__hash', { kind: 'uint64' }, 8, weighed.hashes),
        {
          ...fixedColumn('__accepted', { kind: 'bool' }, 1, accepted),
          valid: allBut(ignored, records.length),
        },
        ...(marks === undefined ? [] : [fixedColumn('__duplicate', { kind: 'bool' }, 1, marks)]),
        ...columns,
      ],
    },
    records,
    partitions,
    valueBytes: weighed.valueBytes,
    rejections,
  }
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
