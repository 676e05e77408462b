import type { BytesValues, ColumnVector, FixedValues } from '../../core/model/column-batch.ts'
import type { ColumnKind, ColumnType } from '../../core/model/column-type.ts'

/** The record key of a row: the value of the key column as text, or `null` where it is NULL. */
export type KeyReader = (row: number) => Uint8Array | null

/**
 * Reads record keys off the decoded key column. The text is canonical: however an event writes a value (`1e3` or
 * `1000`, with or without escapes), equal values have equal keys and so go to one partition.
 */
export function keyReader(column: ColumnVector): KeyReader {
  const { valid, values } = column
  const read =
    values.layout === 'bytes' ? bytesOf(values) : textOf(column.type as ColumnType, values as FixedValues)
  return row => (valid !== undefined && valid[row] === 0 ? null : read(row))
}

function bytesOf({ bytes, offsets }: BytesValues): (row: number) => Uint8Array {
  return row => bytes.subarray(offsets[row]!, offsets[row + 1]!)
}

function textOf(type: ColumnType, { data, width }: FixedValues): (row: number) => Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const text = FIXED_TEXT[type.kind] as FixedText
  return row => Buffer.from(text(view, row * width, type))
}

type FixedText = (view: DataView, at: number, type: ColumnType) => string
type FixedKind = Exclude<ColumnKind, 'string' | 'text' | 'enum'>

const FIXED_TEXT: { readonly [K in FixedKind]: FixedText } & Partial<Record<ColumnKind, FixedText>> = {
  bool: (view, at) => (view.getUint8(at) === 0 ? 'false' : 'true'),
  int32: (view, at) => String(view.getInt32(at, true)),
  int64: (view, at) => String(view.getBigInt64(at, true)),
  uint64: (view, at) => String(view.getBigUint64(at, true)),
  float64: (view, at) => String(view.getFloat64(at, true)),
  date: (view, at) => new Date(view.getInt32(at, true) * 86_400_000).toISOString().slice(0, 10),
  timestamp: (view, at) => timestampText(view.getBigInt64(at, true)),
  uuid: (view, at) => uuidText(view.getBigUint64(at + 8, true) ^ (1n << 63n), view.getBigUint64(at, true)),
  decimal: (view, at, type) => decimalText(view, at, type as Extract<ColumnType, { kind: 'decimal' }>),
}

/** RFC 3339 in UTC with six digits of a second, whatever the event's format. */
function timestampText(us: bigint): string {
  const micros = ((us % 1000n) + 1000n) % 1000n
  const millis = new Date(Number((us - micros) / 1000n)).toISOString().slice(0, -1)
  return `${millis}${String(micros).padStart(3, '0')}Z`
}

function uuidText(high: bigint, low: bigint): string {
  const hex = high.toString(16).padStart(16, '0') + low.toString(16).padStart(16, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function decimalText(
  view: DataView,
  at: number,
  { precision, scale }: { precision: number; scale: number },
): string {
  const unscaled = unscaledDecimal(view, at, precision)
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function unscaledDecimal(view: DataView, at: number, precision: number): bigint {
  if (precision <= 4) return BigInt(view.getInt16(at, true))
  if (precision <= 9) return BigInt(view.getInt32(at, true))
  if (precision <= 18) return view.getBigInt64(at, true)
  return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true)
}
