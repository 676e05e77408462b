import { stream } from '../../core/define/stream.ts'
import { type ColumnBuilder, t } from '../../core/define/types.ts'
import type { Grain } from '../../core/model/grain.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import {
  BOOL,
  column,
  DOUBLE,
  decimal,
  type Event,
  type Expression,
  failed,
  INSTANT,
  INTEGER,
  TEXT,
} from './expression.ts'
import type { OracleId } from './oracle.ts'
import type { TwinView } from './twin-view.ts'

/** The one stream of the laws: a column of each kind that folds differently, all but the time optional. */
export function worldStream(
  blockSize: number,
  lanes: number,
  more: Readonly<Record<string, ColumnBuilder>> = {},
  id?: OracleId,
): StreamDefinition {
  return stream({
    topic: 'things',
    time: 'ts',
    blockSize,
    lanes,
    ...(id !== undefined && { id: id.column as 'k', within: id.within }),
    schema: {
      ts: t.timestamp('us'),
      k: t.string().optional(),
      n: t.int64().optional(),
      d: t.decimal(18, 2).optional(),
      x: t.float64().optional(),
      b: t.bool().optional(),
      ...more,
    },
  })
}

const ts = column('ts', INSTANT)
const k = column('k', TEXT)
const n = column('n', INTEGER)
const d = column('d', decimal(2))
const x = column('x', DOUBLE)
const b = column('b', BOOL)

const MAX_INT64 = 2n ** 63n - 1n
const MAX_INT32 = 2n ** 31n - 1n

const nPositive: Expression = {
  sql: 'n > 0',
  shape: BOOL,
  of: ({ n }) => (n === null ? null : (n as bigint) > 0n),
}
/** Overflows at the greatest integer. */
const nPlusOne: Expression = {
  sql: 'n + 1',
  shape: INTEGER,
  of: ({ n }) => (n === null ? null : n === MAX_INT64 ? failed('overflow') : (n as bigint) + 1n),
}
/** Fails on text that is no integer. */
const kAsInteger: Expression = {
  sql: 'CAST(k AS INTEGER)',
  shape: INTEGER,
  of: ({ k }) => integerOf(k as string | null),
}
const kAboveOne: Expression = {
  sql: 'CAST(k AS INTEGER) > 1',
  shape: BOOL,
  of: ({ k }) => {
    const number = integerOf(k as string | null)
    return number === null ? null : number > 1n
  },
}
/** Takes more than the 31 digits that a sum may take, now and then. */
const dSquared: Expression = {
  sql: 'd * d',
  shape: decimal(4),
  of: ({ d }) => (d === null ? null : (d as bigint) * (d as bigint)),
}
/** NULL where x is 0. */
const inverse: Expression = {
  sql: '1 / x',
  shape: DOUBLE,
  of: ({ x }) => (x === null || x === 0 ? null : 1 / (x as number)),
}

function integerOf(text: string | null): bigint | null {
  if (text === null) return null
  if (!/^\d{1,10}$/.test(text) || BigInt(text) > MAX_INT32) failed(`${text} is no integer`)
  return BigInt(text)
}

/** Every kind of measure over every kind of column; nothing is filtered, nothing fails. */
const everything = (grain: Grain): TwinView => ({
  name: 'everything',
  grain,
  dimensions: { key: k },
  measures: {
    events: { kind: 'count' },
    positives: { kind: 'count', filter: nPositive },
    n_sum: { kind: 'sum', expression: n },
    d_sum: { kind: 'sum', expression: d, filter: nPositive },
    x_sum: { kind: 'sum', expression: x },
    n_avg: { kind: 'avg', expression: n },
    d_avg: { kind: 'avg', expression: d },
    x_avg: { kind: 'avg', expression: x, filter: b },
    n_min: { kind: 'min', expression: n },
    d_max: { kind: 'max', expression: d },
    x_min: { kind: 'min', expression: x },
    k_max: { kind: 'max', expression: k },
    ts_max: { kind: 'max', expression: ts },
    k_uniq: { kind: 'uniq', expression: k },
    n_uniq: { kind: 'uniq', expression: n, filter: b },
    n_quantiles: { kind: 'quantiles', expression: n, levels: [0, 0.25, 0.5, 0.99, 1] },
    d_median: { kind: 'quantiles', expression: d, levels: [0.5] },
    x_p90: { kind: 'quantiles', expression: x, levels: [0.9], filter: nPositive },
    k_first: { kind: 'argMin', expression: k, by: ts },
    n_last: { kind: 'argMax', expression: n, by: ts },
    d_at_least: { kind: 'argMin', expression: d, by: n },
    x_at_most: { kind: 'argMax', expression: x, by: k, filter: b },
    k_exactly: { kind: 'uniqExact', expression: k },
    x_exactly: { kind: 'uniqExact', expression: x, filter: b },
    n_variance: { kind: 'variance', expression: n, population: false },
    d_stddev: { kind: 'stddev', expression: d, population: true },
    x_variance: { kind: 'variance', expression: x, population: true },
    x_stddev: { kind: 'stddev', expression: x, population: false, filter: nPositive },
    k_top: { kind: 'topK', expression: k, k: 2 },
    d_top: { kind: 'topK', expression: d, k: 3, filter: b },
    ts_top: { kind: 'topK', expression: ts, k: 1 },
    n_histogram: { kind: 'histogram', expression: n, edges: [-10, 0, 0.5, 100, 1e19] },
    d_histogram: { kind: 'histogram', expression: d, edges: [0.01, 0.1, 20] },
    x_histogram: { kind: 'histogram', expression: x, edges: [-1, 0, 0.1], filter: b },
    n_and: { kind: 'bitAnd', expression: n },
    n_or: { kind: 'bitOr', expression: n, filter: b },
    n_xor: { kind: 'bitXor', expression: n },
  },
})

/** Filters, and fails in a dimension and in measures. */
const strict = (grain: Grain): TwinView => ({
  name: 'strict',
  grain,
  where: nPositive,
  dimensions: { number: kAsInteger, flag: b },
  measures: {
    events: { kind: 'count' },
    next: { kind: 'sum', expression: nPlusOne },
    squares: { kind: 'sum', expression: dSquared },
    inverses: { kind: 'avg', expression: inverse },
  },
})

/** Fails in its condition; has no dimension. */
const choosy = (grain: Grain): TwinView => ({
  name: 'choosy',
  grain,
  where: kAboveOne,
  dimensions: {},
  measures: {
    events: { kind: 'count' },
    last: { kind: 'argMax', expression: k, by: n },
    spread: { kind: 'quantiles', expression: x, levels: [0.1, 0.9] },
    different: { kind: 'uniq', expression: d },
  },
})

/** Few groups that hold much. */
const plain = (grain: Grain): TwinView => ({
  name: 'plain',
  grain,
  dimensions: { flag: b },
  measures: { events: { kind: 'count' }, n_sum: { kind: 'sum', expression: n } },
})

/** The views by name; each keeps its own grain, so that buckets of every length are met. */
export function worldViews(grain: Grain): Readonly<Record<ViewName, TwinView>> {
  return {
    everything: everything(grain),
    strict: strict('day'),
    choosy: choosy('hour'),
    plain: plain('year'),
  }
}

export type ViewName = 'everything' | 'strict' | 'choosy' | 'plain'

/** The event as JSON text, every number with all its digits. */
export function eventJson(event: Event): string {
  const members = Object.entries(event)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `"${name}":${jsonValue(name, value as Exclude<Event[string], null>)}`)
  return `{${members.join(',')}}`
}

function jsonValue(name: string, value: bigint | number | string | boolean): string {
  if (typeof value !== 'bigint') return JSON.stringify(value)
  if (name !== 'd') return value.toString()
  const size = (value < 0n ? -value : value).toString().padStart(3, '0')
  return `${value < 0n ? '-' : ''}${size.slice(0, -2)}.${size.slice(-2)}`
}
