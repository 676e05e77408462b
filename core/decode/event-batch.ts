import type { ColumnBatch, ColumnVector } from '../model/column-batch.ts'
import { RecordHasher } from '../model/digest.ts'
import type { RawRecord, RecordBatch } from '../model/record.ts'
import type { Rejection } from '../model/verdict.ts'
import type { Decoder } from './decoder.ts'

/** Records read from Kafka or from the archive, decoded: the input relation of the fold. */
export interface EventBatch {
  /** `__partition`, `__offset`, `__hash`, `__accepted` and the stream's columns; a row for every record. */
  readonly columns: ColumnBatch
  readonly records: readonly PartitionedRecord[]
  /** Ascending by row. */
  readonly rejections: readonly RejectedRecord[]
}

export interface PartitionedRecord extends RawRecord {
  readonly partition: number
}

export interface RejectedRecord extends Rejection {
  readonly row: number
  readonly record: PartitionedRecord
}

/** Decodes and weighs the records of `batches`, in their order. */
export function decodeEvents(topicId: string, batches: readonly RecordBatch[], decoder: Decoder): EventBatch {
  const records = batches.flatMap(batch =>
    batch.records.map(record => ({ ...record, partition: batch.partition })),
  )
  const decoded = decoder.decode(records)
  return {
    columns: {
      rows: records.length,
      columns: [...recordColumns(topicId, records, decoded.accepted), ...decoded.columns],
    },
    records,
    rejections: decoded.rejections.map(rejection => ({ ...rejection, record: records[rejection.row]! })),
  }
}

function recordColumns(
  topicId: string,
  records: readonly PartitionedRecord[],
  accepted: Uint8Array,
): ColumnVector[] {
  const rows = records.length
  const partitions = new Int32Array(rows)
  const offsets = new Uint32Array(rows * 2)
  const hashes = new Uint32Array(rows * 2)
  const hasher = new RecordHasher(topicId)
  for (let row = 0; row < rows; row++) {
    const record = records[row]!
    partitions[row] = record.partition
    // Two halves instead of a BigInt64Array: no BigInt is made per record.
    offsets[row * 2] = record.offset % 2 ** 32
    offsets[row * 2 + 1] = Math.floor(record.offset / 2 ** 32)
    hasher.hash(record.partition, record.offset, record.value)
    hashes[row * 2] = hasher.low
    hashes[row * 2 + 1] = hasher.high
  }
  return [
    fixedColumn('__partition', { kind: 'int32' }, 4, partitions),
    fixedColumn('__offset', { kind: 'int64' }, 8, offsets),
    fixedColumn('__hash', { kind: 'uint64' }, 8, hashes),
    fixedColumn('__accepted', { kind: 'bool' }, 1, accepted),
  ]
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
