import { compileDecoder } from '../../core/decode/compile.ts'
import type { ColumnBuilder } from '../../core/define/types.ts'
import { t } from '../../core/index.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { cellWriter, NULLS, NULLS_OF_VALUES } from '../../ingest/file/csv-cells.ts'
import type { FileReading } from '../../ingest/file/file-options.ts'
import type { ColumnProfile, SeenValue } from './column-profile.ts'
import type { FileProfile } from './profile-file.ts'
import { textTimeType } from './time-formats.ts'
import type { TypeProposal } from './type-proposal.ts'

const MAX_SAFE_WHOLE_DIGITS = 18
/** More digits behind the point than people write: the number was computed. */
const MAX_DECIMAL_SCALE = 4
/** Where there are fractions at all, cents are not far. */
const MIN_DECIMAL_SCALE = 2
const MAX_ENUM_VALUES = 12
/** Values of an enum come up again and again. */
const ENUM_REPEATS = 10

/** Keeps texts and numbers alike. */
const EITHER = type('t.text()', t.text())

/** The type that all values of a column have, `undefined` where there is none: they are of several kinds, or none. */
export function proposeType(column: ColumnProfile, file: FileProfile): TypeProposal | undefined {
  const known = column.count - column.nullWords
  if (known === 0 || column.kinds.has('other')) return undefined
  if (column.bools === known) return type('t.bool()', t.bool())
  if (column.numeric === known && column.codes === 0) return numberType(column, file)
  // Decimals take numbers, and texts that hold one; a text without a point may as well be a code.
  if (column.numeric + column.numericTexts === known && column.maxScale > 0 && !column.hasExponent) {
    const decimal = numberType(column, file)
    if (decimal.column.type.kind === 'decimal') return decimal
  }
  if (column.kinds.size > 1) return EITHER
  if (column.uuids === known) return type('t.uuid()', t.uuid())
  if (accepts(t.date(), column.values(), file.reading)) return type('t.date()', t.date())
  const time = timeTypes(column, file.reading)[0]
  if (time !== undefined && column.kinds.has('text')) return time
  return textType(column, file)
}

function type(source: string, column: ColumnBuilder): TypeProposal {
  return { source, column }
}

function numberType(column: ColumnProfile, { isWhole, rows, reading }: FileProfile): TypeProposal {
  const { maxScale, maxWholeDigits, hasExponent } = column
  if (hasExponent || maxWholeDigits > 20) return type('t.float64()', t.float64())
  if (maxScale === 0) {
    if (maxWholeDigits <= MAX_SAFE_WHOLE_DIGITS) return type('t.int64()', t.int64())
    const wide = [type('t.int64()', t.int64()), type('t.uint64()', t.uint64())]
    return (
      wide.find(({ column: wider }) => accepts(wider, column.values(), reading)) ??
      type('t.float64()', t.float64())
    )
  }
  const mayGrow = !isWhole && maxScale > 2
  if (
    rows === 0 ||
    mayGrow ||
    maxScale > MAX_DECIMAL_SCALE ||
    maxWholeDigits + maxScale > MAX_SAFE_WHOLE_DIGITS
  )
    return type('t.float64()', t.float64())
  const scale = Math.max(maxScale, MIN_DECIMAL_SCALE)
  return type(`t.decimal(18, ${scale})`, t.decimal(18, scale))
}

function textType({ distinct, count, longest }: ColumnProfile, { isWhole }: FileProfile): TypeProposal {
  const values = [...distinct.keys()].filter(value => value !== '')
  const isEnum =
    isWhole &&
    values.length > 1 &&
    values.length <= MAX_ENUM_VALUES &&
    count >= ENUM_REPEATS * values.length &&
    longest <= 40
  if (!isEnum || values.length < distinct.size) return type('t.string()', t.string())
  const sorted = values.sort()
  return type(`t.enum(${sorted.map(quoted).join(', ')})`, t.enum(...sorted))
}

/** A text as TypeScript writes it. */
export function quoted(text: string): string {
  return /^[ -&(-[\]-~]*$/.test(text) ? `'${text}'` : JSON.stringify(text)
}

/** The years that a time is likely to be of, for telling units apart. */
const LIKELY_MS = [Date.UTC(1980, 0, 1), Date.UTC(2100, 0, 1)] as const
const UNITS = [
  { proposal: type("t.timestamp('s')", t.timestamp('s')), perMs: 0.001 },
  { proposal: type("t.timestamp('ms')", t.timestamp('ms')), perMs: 1 },
  { proposal: type("t.timestamp('us')", t.timestamp('us')), perMs: 1000 },
  { proposal: type("t.timestamp({ format: 'ns' })", t.timestamp({ format: 'ns' })), perMs: 1e6 },
] as const

/**
 * The time formats in which all values of a column can be read, the likeliest first; for numbers only units by which
 * they lie in likely years, or any where the user says that it is a time. Each is tried with the decoder itself.
 */
export function timeTypes(column: ColumnProfile, reading: FileReading, isNamed = false): TypeProposal[] {
  const known = column.count - column.nullWords
  if (known === 0) return []
  const takes = (candidate: ColumnBuilder) => accepts(candidate, column.values(), reading)
  if (column.numeric < known) {
    const texts = column.values().map(({ text }) => text.trim())
    const found = column.kinds.size === 1 ? textTimeType(texts, takes) : undefined
    return found === undefined ? [] : [found]
  }
  const units = UNITS.filter(({ perMs }) => {
    const [from, to] = LIKELY_MS.map(ms => ms * perMs) as [number, number]
    return isNamed || (column.min >= from && column.max < to)
  }).map(({ proposal }) => proposal)
  return (isNamed ? units : units.reverse()).filter(candidate => takes(candidate.column))
}

/** Whether the decoder takes all values for the type, as an import would give them to it. */
function accepts(
  { type: columnType }: ColumnBuilder,
  values: readonly SeenValue[],
  reading: FileReading,
): boolean {
  const column = { name: 'value', type: columnType, path: ['value'], optional: false, default: undefined }
  const definition = { columns: [column], maxEventBytes: 1 << 20 } as unknown as StreamDefinition
  const rules = {
    nulls: NULLS,
    nullsOfValues: NULLS_OF_VALUES,
    decimal: reading.decimal ?? '.',
    thousands: reading.thousands ?? '',
  }
  const write =
    reading.format === 'csv' ? cellWriter(columnType, false, rules) : (text: string) => JSON.stringify(text)
  const json = ({ kind, text }: SeenValue) => (kind === 'text' ? write(text, false) : text)
  const records = values.map(value => ({ value: Buffer.from(`{"value":${json(value)}}`) }))
  return compileDecoder(definition).decode(records).rejections.length === 0
}
