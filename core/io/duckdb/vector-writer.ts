import duckdb from '@duckdb/node-bindings'
import type { BytesValues, ColumnVector, FixedValues, ListValues } from '../../model/column-batch.ts'
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
/** One byte more, where rows begin within a byte. */
const validity = new Uint8Array(VECTOR_ROWS / 8 + 1)

/**
 * Writes rows `[start, start + count)` of a column into a DuckDB vector of the same type, `count` ≤ 2,048, from the
 * vector's row `at` on: 0, but for elements of lists. Rows are written in their order. The vector must be fresh or reset: rows without a NULL leave its validity
 * untouched.
 *
 * @throws DUCKDB_FAILED where a string column's bytes are not UTF-8
 */
export function writeVector(
  target: duckdb.Vector,
  column: ColumnVector,
  start: number,
  count: number,
  at = 0,
): void {
  const { values } = column
  switch (values.layout) {
    case 'fixed':
      writeFixed(target, values, start, count, at)
      break
    case 'bytes':
      writeStrings(target, column, values, start, count, at)
      break
    case 'list':
      writeLists(target, values, start, count, at)
      break
    case 'struct':
      values.fields.forEach((field, index) => {
        writeVector(duckdb.struct_vector_get_child(target, index), field, start, count, at)
      })
  }
  if (column.valid !== undefined) writeValidity(target, column.valid, start, count, at)
}

function writeFixed(
  target: duckdb.Vector,
  { data, width }: FixedValues,
  start: number,
  count: number,
  at: number,
): void {
  copyInto(target, at * width, data, start * width, count * width)
}

/** DuckDB keeps a list as 16 bytes: where it begins in the vector of all elements, and its length. */
const LIST_BYTES = 16
const entries = new Uint32Array((VECTOR_ROWS * LIST_BYTES) / 4)
const entryBytes = new Uint8Array(entries.buffer)

function writeLists(
  target: duckdb.Vector,
  { offsets, elements }: ListValues,
  start: number,
  count: number,
  at: number,
): void {
  const before = at === 0 ? 0 : duckdb.list_vector_get_size(target)
  const first = offsets[start]!
  const size = before + offsets[start + count]! - first
  for (let row = 0; row < count; row++) {
    const from = offsets[start + row]!
    entries[row * 4] = before + from - first
    entries[row * 4 + 1] = 0
    entries[row * 4 + 2] = offsets[start + row + 1]! - from
    entries[row * 4 + 3] = 0
  }
  copyInto(target, at * LIST_BYTES, entryBytes, 0, count * LIST_BYTES)
  duckdb.list_vector_reserve(target, size)
  duckdb.list_vector_set_size(target, size)
  writeElements(duckdb.list_vector_get_child(target), elements, first, size - before, before)
}

/** Elements by pieces of a vector's size: there may be more of them than rows. */
function writeElements(
  target: duckdb.Vector,
  elements: ColumnVector,
  start: number,
  count: number,
  at: number,
): void {
  for (let done = 0; done < count; done += VECTOR_ROWS)
    writeVector(target, elements, start + done, Math.min(VECTOR_ROWS, count - done), at + done)
}

function writeStrings(
  target: duckdb.Vector,
  column: ColumnVector,
  values: BytesValues,
  start: number,
  count: number,
  at: number,
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
    heap ??= placeOnHeap(target, at, column.name, bytes.subarray(offsets[start]!, offsets[start + count]!))
    const address = heap + (from - offsets[start]!)
    imageWords[(image >> 2) + 2] = address % 2 ** 32
    imageWords[(image >> 2) + 3] = Math.floor(address / 2 ** 32)
  }
  copyInto(target, at * STRING_BYTES, images, 0, count * STRING_BYTES)
}

/**
 * Hands all the bytes of a vector's strings to its heap in one call, and answers the address they got there.
 *
 * A call per string costs a crossing into native code each, ten times what the rest of the feed does. So the
 * bytes go over as one string in row `at`, DuckDB copies them to the vector's own heap, and the pointer it leaves
 * there tells where; the rows' images then point into that one block. The row is overwritten by its own image
 * afterwards; the block lives as long as the vector.
 */
function placeOnHeap(target: duckdb.Vector, at: number, columnName: string, bytes: Uint8Array): number {
  // DuckDB ignores text that is not UTF-8, and would leave the pointer of whatever stood in the row before.
  const end = (at + 1) * STRING_BYTES
  duckdb.copy_data_to_vector(target, at * STRING_BYTES, NO_STRING.buffer, 0, STRING_BYTES)
  duckdb.vector_assign_string_element_len(target, at, bytes)
  const image = duckdb.vector_get_data(target, end)
  const words = new DataView(image.buffer, image.byteOffset + end - STRING_BYTES, STRING_BYTES)
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

function writeValidity(
  target: duckdb.Vector,
  valid: Uint8Array,
  start: number,
  count: number,
  at: number,
): void {
  validity.fill(0xff)
  const shift = at & 7
  let validRows = 0
  for (let row = 0; row < count; row++) {
    const bit = row + shift
    if (valid[start + row] === 0) validity[bit >> 3]! &= ~(1 << (bit & 7))
    else validRows++
  }
  if (validRows === count) return
  duckdb.vector_ensure_validity_writable(target)
  const from = at >> 3
  // The rows before the first are of the same byte, and keep what they have.
  if (shift > 0) validity[0]! &= duckdb.vector_get_validity(target, from + 1)![from]! | (0xff << shift)
  duckdb.copy_data_to_vector_validity(target, from, validity.buffer, 0, (shift + count + 7) >> 3)
}

function copyInto(
  target: duckdb.Vector,
  to: number,
  source: Uint8Array,
  offset: number,
  length: number,
): void {
  duckdb.copy_data_to_vector(target, to, source.buffer as ArrayBuffer, source.byteOffset + offset, length)
}
