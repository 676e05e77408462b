import fc from 'fast-check'
import { type ColumnBuilder, t } from '../../../core/define/types.ts'
import type {
  ColumnKind,
  ColumnType,
  TimestampFormat,
  TimestampOfFormats,
} from '../../../core/model/column-type.ts'
import { decimalText } from '../exact.ts'
import { BOOL, DATE, DOUBLE, decimal, INSTANT, INTEGER, type Shape, TEXT, type Value } from '../expression.ts'
import { instantText, instantUs } from './instant.ts'
import { timestampOfFormats, writtenInFormats } from './time-formats.ts'

/** A value and one of the ways in which it may stand in an event. */
export interface Written {
  readonly value: Exclude<Value, null>
  readonly json: string
}

/** All that the laws know of a column type, by the documentation and not by the decoder. */
export interface Knowledge {
  readonly builder: ColumnBuilder
  readonly shape: Shape
  readonly written: fc.Arbitrary<Written>
  /** A default as it is declared, and what it means. */
  readonly standIn: { readonly declared: string | number | boolean; readonly value: Written['value'] }
  /** JSON that is no value of the type. */
  readonly refused: readonly string[]
}

/** An instant in any format. */
export const timeType: fc.Arbitrary<ColumnType> = fc.oneof(
  fc.constantFrom('rfc3339', 's', 'ms', 'us').map((format): ColumnType => ({ kind: 'timestamp', format })),
  timestampOfFormats,
)

/** Any type, with what it takes: digits of decimals, the format of instants. */
export const columnType: fc.Arbitrary<ColumnType> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.constantFrom<ColumnType>(
      { kind: 'string' },
      { kind: 'text' },
      { kind: 'bool' },
      { kind: 'int32' },
      { kind: 'int64' },
      { kind: 'uint64' },
      { kind: 'float64' },
      { kind: 'date' },
      { kind: 'uuid' },
      { kind: 'enum', values: ['click', 'view', 'Übersicht', ''] },
    ),
  },
  { weight: 3, arbitrary: decimalType() },
  { weight: 2, arbitrary: timeType },
)

function decimalType(): fc.Arbitrary<ColumnType> {
  return fc
    .oneof(fc.constantFrom(4, 9, 18, 38), fc.integer({ min: 1, max: 38 }))
    .chain(precision =>
      fc.oneof(fc.constantFrom(0, precision), fc.nat(precision)).map(scale => ({ precision, scale })),
    )
    .map(digits => ({ kind: 'decimal', ...digits }))
}

export function knowledgeOf<K extends ColumnKind>(type: Extract<ColumnType, { kind: K }>): Knowledge {
  return KNOWLEDGE[type.kind as K](type)
}

const MAX_INT32 = 2n ** 31n - 1n
const MAX_INT64 = 2n ** 63n - 1n
const MAX_UINT64 = 2n ** 64n - 1n
const LEAP_DAY = 19_782n
const FIRST_DAY = -25_567n
const LAST_DAY = 120_529n

/** Every column type must be here: a new one does not compile until it is. */
const KNOWLEDGE: { readonly [K in ColumnKind]: (type: Extract<ColumnType, { kind: K }>) => Knowledge } = {
  string: () => ({
    builder: t.string(),
    shape: TEXT,
    written: fc
      .constantFrom('1', '2', '10', '', 'x', 'Zürich', '𝄞 日本', `it's "x", \\`, 'a\u0000', 'a')
      .chain(text => spelt(text, [JSON.stringify(text), escaped(text)])),
    standIn: { declared: 'none', value: 'none' },
    refused: ['5', 'true', '{}', '"\\ud800"'],
  }),
  text: () => ({
    builder: t.text(),
    shape: TEXT,
    written: fc.oneof(
      fc
        .constantFrom('1', '007', '', 'Zürich', 'it\'s "x", \\', 'null')
        .chain(text => spelt(text, [JSON.stringify(text), escaped(text)])),
      fc
        .constantFrom('1', '-0', '1e3', '1.50', '18446744073709551616', 'true', 'false', '0.10E-7')
        .map(json => ({ value: json, json })),
    ),
    standIn: { declared: 'none', value: 'none' },
    refused: ['{}', '[]', '["a"]', '"\\ud800"'],
  }),
  bool: () => ({
    builder: t.bool(),
    shape: BOOL,
    written: fc.boolean().map(value => ({ value, json: String(value) })),
    standIn: { declared: true, value: true },
    refused: ['"true"', '0'],
  }),
  int32: () => ({
    builder: t.int32(),
    shape: INTEGER,
    written: integers(-MAX_INT32 - 1n, MAX_INT32).chain(n => spelt(n, [`${n}`, `${n}.0`, `${n}e0`])),
    standIn: { declared: 7, value: 7n },
    refused: ['5.5', `${MAX_INT32 + 1n}`, `${-MAX_INT32 - 2n}`, '"5"'],
  }),
  int64: () => ({
    builder: t.int64(),
    shape: INTEGER,
    written: integers(-MAX_INT64 - 1n, MAX_INT64).chain(n => spelt(n, [`${n}`, `"${n}"`, `${n * 10n}e-1`])),
    standIn: { declared: `${-MAX_INT64}`, value: -MAX_INT64 },
    refused: ['1.5', `${MAX_INT64 + 1n}`, `"${-MAX_INT64 - 2n}"`, '" 5"'],
  }),
  uint64: () => ({
    builder: t.uint64(),
    shape: INTEGER,
    written: integers(0n, MAX_UINT64).chain(n => spelt(n, [`${n}`, `"${n}"`, `"${n}.0"`])),
    standIn: { declared: `${MAX_UINT64}`, value: MAX_UINT64 },
    refused: ['-1', `${MAX_UINT64 + 1n}`, '"+1"', '0.5'],
  }),
  float64: () => ({
    builder: t.float64(),
    shape: DOUBLE,
    written: doubles.map(value => ({ value, json: Object.is(value, -0) ? '-0.0' : JSON.stringify(value) })),
    standIn: { declared: 0.1, value: 0.1 },
    refused: ['1e999', '"0.1"', 'true'],
  }),
  decimal: ({ precision, scale }) => {
    const most = 10n ** BigInt(precision) - 1n
    return {
      builder: t.decimal(precision, scale),
      shape: decimal(scale),
      written: integers(-most, most).chain(n => {
        const text = decimalText(n, scale)
        return spelt(n, [text, `"${text}"`, `${n}e-${scale}`, scale === 0 ? text : `${text}00`])
      }),
      standIn: { declared: decimalText(most, scale), value: most },
      refused: [`1e${precision - scale}`, `1e-${scale + 1}`, '"12,5"', 'false'],
    }
  },
  timestamp: type => ('formats' in type ? knowledgeOfFormats(type) : knowledgeOfFormat(type.format)),
  date: () => ({
    builder: t.date(),
    shape: DATE,
    written: fc
      .oneof(
        { weight: 4, arbitrary: fc.bigInt({ min: LEAP_DAY - 1n, max: LEAP_DAY + 2n }) },
        fc.bigInt({ min: FIRST_DAY, max: LAST_DAY }),
        fc.constantFrom(FIRST_DAY, -1n, 0n, LAST_DAY),
      )
      .map(value => ({ value, json: `"${dayText(value)}"` })),
    standIn: { declared: '2024-02-29', value: LEAP_DAY },
    refused: ['"2025-02-29"', '"2300-01-01"', '"1899-12-31"', '1', '"2024-2-9"'],
  }),
  uuid: () => ({
    builder: t.uuid(),
    shape: TEXT,
    written: fc
      .constantFrom(...UUIDS)
      .chain(value => spelt(value, [`"${value}"`, `"${value.toUpperCase()}"`])),
    standIn: { declared: UUIDS[1].toUpperCase(), value: UUIDS[1] },
    refused: ['"123e4567e89b12d3a456426614174000"', '"x"', '5'],
  }),
  enum: ({ values }) => ({
    builder: t.enum(...values),
    shape: TEXT,
    written: fc.constantFrom(...values).chain(value => spelt(value, [JSON.stringify(value), escaped(value)])),
    standIn: { declared: values[0]!, value: values[0]! },
    refused: ['"Click"', '1', '"click "'],
  }),
}

function knowledgeOfFormat(format: TimestampFormat): Knowledge {
  return {
    builder: t.timestamp(format),
    shape: INSTANT,
    written: instantUs.chain(us => spelt(us, instantText[format](us))),
    standIn: { declared: declaredInstant[format], value: LEAP_DAY * 86_400_000_000n },
    refused: format === 'rfc3339' ? REFUSED_TEXTS : ['"1750000000"', '1e30', '1e-7', '99999999999999999'],
  }
}

function knowledgeOfFormats(type: TimestampOfFormats): Knowledge {
  return {
    builder: t.timestamp({ format: type.formats, ...(type.zone !== undefined && { zone: type.zone }) }),
    shape: INSTANT,
    ...writtenInFormats(type),
  }
}

/** On both sides of what is the sign of a 128-bit integer, by which engines may order them. */
const UUIDS = [
  '00000000-0000-0000-0000-000000000000',
  '123e4567-e89b-12d3-a456-426614174000',
  '7fffffff-ffff-ffff-ffff-ffffffffffff',
  '80000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-fffffffffffe',
] as const

const REFUSED_TEXTS = [
  '1750000000',
  '"2025-06-15T15:06:40"',
  '"2025-02-29T00:00:00Z"',
  '"2300-01-01T00:00:00Z"',
  '"1900-01-01T00:30:00+01:00"',
]

const declaredInstant = {
  rfc3339: '2024-02-29T01:00:00+01:00',
  s: 1_709_164_800,
  ms: 1_709_164_800_000,
  us: 1_709_164_800_000_000,
}

/** Zero in both signs, and sizes far apart; none so small that its digits are lost. */
const doubles = fc.oneof(
  fc.constantFrom(0, -0, 0.1, 0.2, -0.3, 1e-9, 1e15, -1e15, 1e300),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(x => (Math.abs(x) < 1e-300 ? 0 : x)),
)

/** Mostly few and small ones, now and then the ends of the type and what lies between. */
function integers(min: bigint, max: bigint): fc.Arbitrary<bigint> {
  const within = (n: bigint) => (n < min ? min : n > max ? max : n)
  return fc.oneof(
    { weight: 6, arbitrary: fc.bigInt({ min: within(-5n), max: within(300n) }) },
    fc.constantFrom(min, max, within(2n ** 53n + 1n)),
    fc.bigInt({ min, max }),
  )
}

/** One of the ways to spell a value. */
function spelt(value: Written['value'], spellings: readonly string[]): fc.Arbitrary<Written> {
  return fc.constantFrom(...spellings).map(json => ({ value, json }))
}

/** A JSON string of nothing but escapes. */
function escaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
  return `"${units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`
}

function dayText(day: bigint): string {
  return new Date(Number(day) * 86_400_000).toISOString().slice(0, 10)
}
