import type { ColumnVector } from '../model/column-batch.ts'
import type { RecordValue } from '../model/record.ts'
import type { Framing } from '../model/stream.ts'
import type { Rejection } from '../model/verdict.ts'

/**
 * Turns record values into typed columns. One per stream, compiled from its schema, used by both layers:
 * what it says of a record depends on the record's bytes alone.
 */
export interface Decoder {
  /** How records are to be taken apart first, where each holds several events. */
  readonly framing: Framing | undefined
  /** Larger records are rejected as a whole. */
  readonly maxRecordBytes: number
  /**
   * Decodes a list of records, of `partitions` in the same order. Never throws on their content. What a stream reads of
   * a record beside its value must be there: a key, header or timestamp that was not read is taken for absent.
   */
  decode(records: readonly DecodableRecord[], partitions?: Int32Array): DecodedBatch
}

export type DecodableRecord = Pick<RecordValue, 'value'> & Partial<RecordValue>

export interface DecodedBatch {
  /** The number of records given; each column and `accepted` has as many rows. */
  readonly rows: number
  /** 1 where the record is an event of the stream, 0 where it is rejected or ignored. */
  readonly accepted: Uint8Array
  /** The records that the stream leaves out, ascending: they are no events, and nothing is wrong with them. */
  readonly ignored: readonly number[]
  /** The schema's columns in order; rows that are rejected are NULL in each. */
  readonly columns: readonly ColumnVector[]
  /** The rejected records, ascending by row. */
  readonly rejections: readonly RejectedRow[]
}

export interface RejectedRow extends Rejection {
  /** Index into the records given. */
  readonly row: number
}
