import type { ColumnKind } from '../../../core/model/column-type.ts'
import {
  BOOL,
  column,
  DATE,
  DOUBLE,
  type Event,
  type Expression,
  failed,
  INTEGER,
  type Shape,
  type Value,
} from '../expression.ts'
import { type DrawnColumn, knowledgeOfColumn } from './schema.ts'

type Known = Exclude<Value, null>

/** What may be computed of a column, itself first: some fail on some values. */
export function expressionsOf(drawn: DrawnColumn): Expression[] {
  const { name, type } = drawn
  const own = column(name, knowledgeOfColumn(drawn).shape)
  return [own, ...DERIVED[type.kind](name).map(derived => strict(name, derived))]
}

/** Conditions on a column, none of which is true of NULL. */
export function conditionsOf(drawn: DrawnColumn): Expression[] {
  const { name, type } = drawn
  const isThere: Expression = { sql: `${name} IS NOT NULL`, shape: BOOL, of: event => event[name] !== null }
  return [isThere, ...CONDITIONS[type.kind](name).map(derived => strict(name, derived))]
}

/** An expression of a value that is there. */
interface Derived {
  readonly sql: string
  readonly shape: Shape
  readonly of: (value: Known) => Value
}

/** NULL of NULL. */
function strict(name: string, { sql, shape, of }: Derived): Expression {
  return {
    sql,
    shape,
    of: (event: Event) => {
      const value = event[name]!
      return value === null ? null : of(value)
    },
  }
}

const MAX_INT32 = 2n ** 31n - 1n
const MAX_INT64 = 2n ** 63n - 1n
const DAY_US = 86_400_000_000n
/** 2300-01-01 in days since 1970. */
const END_DAY = 120_530n

const DERIVED: Readonly<Record<ColumnKind, (name: string) => Derived[]>> = {
  string: name => [
    { sql: `length(${name})`, shape: INTEGER, of: text => BigInt([...(text as string)].length) },
    { sql: `CAST(${name} AS INTEGER)`, shape: INTEGER, of: text => integerOf(text as string) },
  ],
  text: name => [
    { sql: `length(${name})`, shape: INTEGER, of: text => BigInt([...(text as string)].length) },
  ],
  bool: name => [{ sql: `NOT ${name}`, shape: BOOL, of: flag => !flag }],
  int32: name => [{ sql: `${name} + 1`, shape: INTEGER, of: n => plusOne(n as bigint, MAX_INT32) }],
  int64: name => [{ sql: `${name} + 1`, shape: INTEGER, of: n => plusOne(n as bigint, MAX_INT64) }],
  uint64: name => [{ sql: `${name} % 10`, shape: INTEGER, of: n => (n as bigint) % 10n }],
  float64: name => [
    { sql: `1 / ${name}`, shape: DOUBLE, of: x => (x === 0 ? null : finite(1 / (x as number))) },
    { sql: `${name} * 1e300`, shape: DOUBLE, of: x => finite((x as number) * 1e300) },
  ],
  decimal: name => [{ sql: `${name} < 0`, shape: BOOL, of: n => (n as bigint) < 0n }],
  timestamp: name => [
    { sql: `CAST(${name} AS DATE)`, shape: DATE, of: us => dayOf(us as bigint) },
    { sql: `epoch_us(${name})`, shape: INTEGER, of: us => us },
  ],
  date: name => [
    {
      sql: `${name} + 1`,
      shape: DATE,
      of: day => ((day as bigint) + 1n < END_DAY ? (day as bigint) + 1n : failed('out of range')),
    },
  ],
  uuid: name => [
    { sql: `CAST(${name} AS VARCHAR)`, shape: { kind: 'text' }, of: id => id },
    { sql: `left(CAST(${name} AS VARCHAR), 1)`, shape: { kind: 'text' }, of: id => (id as string)[0]! },
  ],
  enum: name => [
    { sql: `length(${name})`, shape: INTEGER, of: text => BigInt((text as string).length) },
    { sql: `${name} = 'click'`, shape: BOOL, of: text => text === 'click' },
  ],
}

const isPositive = (name: string): Derived[] => [
  { sql: `${name} > 0`, shape: BOOL, of: value => (value as bigint | number) > 0 },
]

const CONDITIONS: Readonly<Record<ColumnKind, (name: string) => Derived[]>> = {
  string: name => [
    { sql: `${name} >= 'a'`, shape: BOOL, of: text => Buffer.compare(Buffer.from(text as string), A) >= 0 },
    {
      sql: `CAST(${name} AS INTEGER) > 1`,
      shape: BOOL,
      of: text => integerOf(text as string) > 1n,
    },
  ],
  text: name => [
    { sql: `${name} >= 'a'`, shape: BOOL, of: text => Buffer.compare(Buffer.from(text as string), A) >= 0 },
  ],
  bool: name => [{ sql: name, shape: BOOL, of: flag => flag }],
  int32: isPositive,
  int64: isPositive,
  uint64: name => [
    { sql: `${name} > 9223372036854775807`, shape: BOOL, of: n => (n as bigint) > MAX_INT64 },
    ...isPositive(name),
  ],
  float64: isPositive,
  decimal: isPositive,
  timestamp: name => [
    { sql: `${name} >= TIMESTAMP '1970-01-01'`, shape: BOOL, of: us => (us as bigint) >= 0n },
  ],
  date: name => [{ sql: `${name} > DATE '2024-02-28'`, shape: BOOL, of: day => (day as bigint) > 19_781n }],
  uuid: name => [
    {
      sql: `${name} > '7fffffff-0000-0000-0000-000000000000'::UUID`,
      shape: BOOL,
      of: id => (id as string) > '7fffffff-0000-0000-0000-000000000000',
    },
  ],
  enum: name => [
    { sql: `${name} IN ('click', '')`, shape: BOOL, of: text => text === 'click' || text === '' },
  ],
}

const A = Buffer.from('a')

/** Fails on text that is no integer. */
function integerOf(text: string): bigint {
  return /^\d+$/.test(text) ? BigInt(text) : failed(`${text} is no integer`)
}

function plusOne(n: bigint, max: bigint): bigint {
  return n === max ? failed('overflow') : n + 1n
}

function finite(x: number): number {
  return Number.isFinite(x) ? x : failed('not finite')
}

function dayOf(us: bigint): bigint {
  return (us - (((us % DAY_US) + DAY_US) % DAY_US)) / DAY_US
}
