import { type ColumnVector, type VectorType, widthOf } from '../../core/model/column-batch.ts'

/**
 * What stands in a column, as the tests write it: strings, booleans, bytes and doubles as themselves; integers,
 * unscaled decimals, microseconds, days and the 128 bits of a UUID as bigints; null for NULL.
 */
export type CellValue = null | string | boolean | number | bigint | Uint8Array

/** Lays values out as a column vector. Where a row is NULL, its bytes are garbage on purpose. */
export function columnVector(name: string, type: VectorType, cells: readonly CellValue[]): ColumnVector {
  const width = widthOf(type)
  const valid = cells.includes(null) ? Uint8Array.from(cells, cell => (cell === null ? 0 : 1)) : undefined
  const values = width === 0 ? bytesValues(cells) : fixedValues(type, width, cells)
  return { name, type, valid, values }
}

function bytesValues(cells: readonly CellValue[]): ColumnVector['values'] {
  const parts = cells.map(cell =>
    Buffer.from(cell === null ? 'garbage under a NULL' : (cell as string | Uint8Array)),
  )
  const offsets = new Uint32Array(cells.length + 1)
  parts.forEach((part, row) => {
    offsets[row + 1] = offsets[row]! + part.length
  })
  return { layout: 'bytes', bytes: Buffer.concat(parts), offsets }
}

function fixedValues(
  type: VectorType,
  width: 1 | 2 | 4 | 8 | 16,
  cells: readonly CellValue[],
): ColumnVector['values'] {
  // One byte ahead, so that the data does not start where its buffer does.
  const data = new Uint8Array(new ArrayBuffer(1 + cells.length * width), 1).fill(0xaa)
  cells.forEach((cell, row) => {
    if (cell !== null) data.set(fixedBytes(type, width, cell), row * width)
  })
  return { layout: 'fixed', width, data }
}

function fixedBytes(type: VectorType, width: number, cell: CellValue): Uint8Array {
  if (type.kind === 'float64') return new Uint8Array(Float64Array.of(cell as number).buffer)
  const topBit = type.kind === 'uuid' ? 1n << 127n : 0n
  let rest = BigInt.asUintN(width * 8, BigInt(cell as bigint | boolean) ^ topBit)
  return Uint8Array.from({ length: width }, () => {
    const byte = Number(rest & 0xffn)
    rest >>= 8n
    return byte
  })
}
