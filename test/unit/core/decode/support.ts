import { compileDecoder } from '../../../../core/decode/compile.ts'
import type { DecodedBatch } from '../../../../core/decode/decoder.ts'
import type { ColumnVector } from '../../../../core/model/column-batch.ts'
import type { FieldType } from '../../../../core/model/column-type.ts'
import type { RawRecord } from '../../../../core/model/record.ts'
import type { ColumnDefinition, StreamDefinition } from '../../../../core/model/stream.ts'

export type Cell =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Cell[]
  | { readonly [field: string]: Cell }

export function columnOf(
  name: string,
  type: FieldType,
  more: Partial<ColumnDefinition> = {},
): ColumnDefinition {
  return { name, type, path: [name], optional: false, default: undefined, ...more }
}

export function streamOf(columns: readonly ColumnDefinition[], maxEventBytes = 100_000): StreamDefinition {
  return {
    topic: 'events',
    columns,
    time: columns[0]?.name ?? '',
    key: undefined,
    blockSize: 16_384,
    lanes: 1,
    maxEventBytes,
    topicSettings: { partitions: 1, replicationFactor: 1, retentionMs: undefined },
  }
}

export function recordOf(value: string | Uint8Array | null, offset = 0): RawRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return { offset, timestampMs: 0, key: null, value: bytes, headers: [] }
}

export function decodeValues(
  columns: readonly ColumnDefinition[],
  values: readonly (string | Uint8Array | null)[],
): DecodedBatch {
  return compileDecoder(streamOf(columns)).decode(values.map(recordOf))
}

/** What an event comes to: its cells by column, or the reason it is refused for. */
export function outcomeOf(
  columns: readonly ColumnDefinition[],
  value: string | Uint8Array | null,
): Cell[] | string {
  const batch = decodeValues(columns, [value])
  return batch.accepted[0] === 1 ? rowOf(batch, 0) : batch.rejections[0]!.reason
}

export function rowOf(batch: DecodedBatch, row: number): Cell[] {
  return batch.columns.map(column => cellAt(column, row))
}

/**
 * Reads a cell as ColumnVector describes it: integers, unscaled decimals, microseconds and days as bigint, a UUID as
 * its 36 characters.
 */
export function cellAt({ valid, values, type }: ColumnVector, row: number): Cell {
  if (valid !== undefined && valid[row] === 0) return null
  if (values.layout === 'bytes') {
    return Buffer.from(values.bytes.subarray(values.offsets[row], values.offsets[row + 1])).toString()
  }
  if (values.layout === 'list') {
    const length = values.offsets[row + 1]! - values.offsets[row]!
    return Array.from({ length }, (_, index) => cellAt(values.elements, values.offsets[row]! + index))
  }
  if (values.layout === 'struct')
    return Object.fromEntries(values.fields.map(field => [field.name, cellAt(field, row)]))
  const { width } = values
  const bytes = Buffer.from(values.data.subarray(row * width, (row + 1) * width))
  if (type.kind === 'bool') return bytes[0] === 1
  if (type.kind === 'float64') return bytes.readDoubleLE()
  const unsigned = BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
  if (type.kind === 'uint64') return unsigned
  if (type.kind !== 'uuid') return BigInt.asIntN(8 * width, unsigned)
  const hex = (unsigned ^ (1n << 127n)).toString(16).padStart(32, '0')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
