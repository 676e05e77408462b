import type { ElementType } from './column-type.ts'

/**
 * Decoded records, column by column: what the decoder yields and what DuckDB is fed.
 * Row i of every vector belongs to the same record.
 */
export interface ColumnBatch {
  readonly rows: number
  readonly columns: readonly ColumnVector[]
}

/** A column: its name, its type and its values. Rows whose `valid` byte is 0 are NULL; no `valid` at all: none is. */
export interface ColumnVector {
  readonly name: string
  readonly type: VectorType
  readonly valid: Uint8Array | undefined
  readonly values: VectorValues
}

export type VectorValues = FixedValues | BytesValues | ListValues | StructValues

/** What a vector may hold: a column's type, or one of the physical types of the columns Twofold adds itself. */
export type VectorType = ElementType | { readonly kind: 'blob' }

/**
 * Values of one width, little-endian, row after row, in `data` (at least `rows × width` bytes):
 * bool 1 byte; int32, date 4 bytes; int64, uint64, float64, timestamp (µs) 8 bytes;
 * decimal 2, 4, 8 or 16 bytes, unscaled, as DuckDB keeps its precision (≤4, ≤9, ≤18, ≤38 digits);
 * uuid 16 bytes, as DuckDB keeps it (a 128-bit integer, low half first, with the top bit flipped).
 */
export interface FixedValues {
  readonly layout: 'fixed'
  readonly width: 1 | 2 | 4 | 8 | 16
  readonly data: Uint8Array
}

/** Row i is `bytes[offsets[i] … offsets[i + 1])`: UTF-8 for string, text and enum, anything for blob. */
export interface BytesValues {
  readonly layout: 'bytes'
  readonly bytes: Uint8Array
  /** `rows + 1` ascending positions (more may follow, unused). */
  readonly offsets: Uint32Array
}

/** Row i is the elements `[offsets[i] … offsets[i + 1])`, rows of a vector of their own. */
export interface ListValues {
  readonly layout: 'list'
  /** `rows + 1` ascending positions (more may follow, unused). */
  readonly offsets: Uint32Array
  readonly elements: ColumnVector
}

/** Row i is row i of each of the fields. */
export interface StructValues {
  readonly layout: 'struct'
  readonly fields: readonly ColumnVector[]
}

/** The width in bytes of a fixed type's values; 0 for all others. */
export function widthOf(type: VectorType): 0 | 1 | 2 | 4 | 8 | 16 {
  switch (type.kind) {
    case 'string':
    case 'text':
    case 'enum':
    case 'blob':
    case 'list':
    case 'struct':
      return 0
    case 'bool':
      return 1
    case 'int32':
    case 'date':
      return 4
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'timestamp':
      return 8
    case 'uuid':
      return 16
    case 'decimal':
      return type.precision <= 4 ? 2 : type.precision <= 9 ? 4 : type.precision <= 18 ? 8 : 16
  }
}
