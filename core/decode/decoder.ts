import type { ColumnVector } from '../model/column-batch.ts'
import type { RecordValue } from '../model/record.ts'
import type { Rejection } from '../model/verdict.ts'

/**
 * Turns record values into typed columns. One per stream, compiled from its schema, used by both layers:
 * what it says of a record depends on the record's bytes alone.
 */
export interface Decoder {
  /** Decodes a list of records. Never throws on their content. */
  decode(records: readonly Pick<RecordValue, 'value'>[]): DecodedBatch
}

export interface DecodedBatch {
  /** The number of records given; each column and `accepted` has as many rows. */
  readonly rows: number
  /** 1 where the record is an event of the stream, 0 where it is rejected. */
  readonly accepted: Uint8Array
  /** The schema's columns in order; rows that are rejected are NULL in each. */
  readonly columns: readonly ColumnVector[]
  /** The rejected records, ascending by row. */
  readonly rejections: readonly RejectedRow[]
}

export interface RejectedRow extends Rejection {
  /** Index into the records given. */
  readonly row: number
}
