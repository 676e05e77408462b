import duckdb from '@duckdb/node-bindings'
import type { BytesValues, ColumnVector, FixedValues } from '../../model/column-batch.ts'
import { TwofoldError } from '../../model/errors.ts'

/** Rows in a DuckDB vector: what one call of `writeVector` fills at most. */
export const VECTOR_ROWS = 2048

/** DuckDB keeps a string as 16 bytes: its length and either up to 12 bytes inline, or a 4-byte prefix and a pointer. */
const STRING_BYTES = 16
const INLINE_BYTES = 12
const PREFIX_BYTES = 4

/** One vector of string images, and one validity mask; filled and copied out within a single synchronous call. */
const images = new Uint8Array(VECTOR_ROWS * STRING_BYTES)
const imageWords = new Uint32Array(images.buffer)
const validity = new Uint8Array(VECTOR_ROWS / 8)

/**
 * Writes rows `[start, start + count)` of a column into a DuckDB vector of the same type, `count` ≤ 2,048.
 * The vector must be fresh or reset: rows without a NULL leave its validity untouched.
 *
 * @throws DUCKDB_FAILED where a string column's bytes are not UTF-8
 */
export function writeVector(target: duckdb.Vector, column: ColumnVector, start: number, count: number): void {
  if (column.values.layout === 'fixed') writeFixed(target, column.values, start, count)
  else writeStrings(target, column, column.values, start, count)
  if (column.valid !== undefined) writeValidity(target, column.valid, start, count)
}

function writeFixed(target: duckdb.Vector, { data, width }: FixedValues, start: number, count: number): void {
  copyInto(target, data, start * width, count * width)
}

function writeStrings(
  target: duckdb.Vector,
  column: ColumnVector,
  values: BytesValues,
  start: number,
  count: number,
): void {
  const { bytes, offsets } = values
  const valid = column.valid
  images.fill(0, 0, count * STRING_BYTES)
  let heap: number | undefined
  for (let row = 0; row < count; row++) {
    if (valid !== undefined && valid[start + row] === 0) continue
    const from = offsets[start + row]!
    const length = offsets[start + row + 1]! - from
    const image = row * STRING_BYTES
    imageWords[image >> 2] = length
    if (length <= INLINE_BYTES) {
      for (let i = 0; i < length; i++) images[image + 4 + i] = bytes[from + i]!
      continue
    }
    for (let i = 0; i < PREFIX_BYTES; i++) images[image + 4 + i] = bytes[from + i]!
    heap ??= placeOnHeap(target, column.name, bytes.subarray(offsets[start]!, offsets[start + count]!))
    const address = heap + (from - offsets[start]!)
    imageWords[(image >> 2) + 2] = address % 2 ** 32
    imageWords[(image >> 2) + 3] = Math.floor(address / 2 ** 32)
  }
  copyInto(target, images, 0, count * STRING_BYTES)
}

/**
 * Hands all the bytes of a vector's strings to its heap in one call, and answers the address they got there.
 *
 * A call per string costs a crossing into native code each, ten times what the rest of the feed does. So the
 * bytes go over as one string in row 0, DuckDB copies them to the vector's own heap, and the pointer it leaves
 * in row 0 tells where; the rows' images then point into that one block. Row 0 is overwritten by its own image
 * afterwards; the block lives as long as the vector.
 */
function placeOnHeap(target: duckdb.Vector, columnName: string, bytes: Uint8Array): number {
  // DuckDB ignores text that is not UTF-8, and would leave the pointer of whatever stood in row 0 before.
  duckdb.copy_data_to_vector(target, 0, NO_STRING.buffer, 0, STRING_BYTES)
  duckdb.vector_assign_string_element_len(target, 0, bytes)
  const image = duckdb.vector_get_data(target, STRING_BYTES)
  const words = new DataView(image.buffer, image.byteOffset, STRING_BYTES)
  if (words.getUint32(0, true) !== bytes.length) {
    throw new TwofoldError(
      'DUCKDB_FAILED',
      `Feeding column "${columnName}" to DuckDB: its bytes are not UTF-8.`,
      {
        details: { column: columnName },
      },
    )
  }
  // Addresses of user space have at most 47 bits, which a double holds exactly.
  return words.getUint32(8, true) + words.getUint32(12, true) * 2 ** 32
}

const NO_STRING = new Uint8Array(STRING_BYTES)

function writeValidity(target: duckdb.Vector, valid: Uint8Array, start: number, count: number): void {
  validity.fill(0)
  let validRows = 0
  for (let row = 0; row < count; row++) {
    if (valid[start + row] === 0) continue
    validity[row >> 3]! |= 1 << (row & 7)
    validRows++
  }
  if (validRows === count) return
  duckdb.vector_ensure_validity_writable(target)
  duckdb.copy_data_to_vector_validity(target, 0, validity.buffer, 0, validity.length)
}

function copyInto(target: duckdb.Vector, source: Uint8Array, offset: number, length: number): void {
  duckdb.copy_data_to_vector(target, 0, source.buffer as ArrayBuffer, source.byteOffset + offset, length)
}
