import { exactSum, ratio } from './exact.ts'
import { compareValues, type Event, type Expression, type Shape, type Value } from './expression.ts'
import { expectedHistogram } from './oracle-histogram.ts'
import { expectedSpread } from './oracle-spread.ts'
import type { TwinMeasure } from './twin-view.ts'

/** What a measure must come to: a value to be met exactly, or doubles each with how far off one may be. */
export type ExpectedValue =
  | { readonly kind: 'same'; readonly value: Value; readonly shape: Shape }
  | { readonly kind: 'rows'; readonly rows: readonly ExpectedRow[] }
  | { readonly kind: 'near'; readonly values: readonly Near[]; readonly isList: boolean }

/** An element of a list: field → value. */
export type ExpectedRow = Readonly<Record<string, { readonly value: Value; readonly shape: Shape }>>

export interface Near {
  readonly value: number | null
  readonly tolerance: number
  /** However far off it may be, it does not lie outside of these. */
  readonly within?: readonly [least: number, greatest: number]
}

type Known = Exclude<Value, null>

const DOUBLE_ACCURACY = 1e-9
const QUANTILE_ACCURACY = 0.01
/** ClickHouse divides a decimal's integer by a power of ten, both as doubles. */
const DECIMAL_ROUNDING = 4e-16

/** Folds a measure over the events of a group, one after the other. */
export function expectedMeasure(measure: TwinMeasure, events: readonly Event[]): ExpectedValue {
  const { expression, by, filter } = measure
  const admitted = filter === undefined ? events : events.filter(event => filter.of(event) === true)
  if (measure.kind === 'count') return exactly(BigInt(admitted.length), { kind: 'exact', scale: 0 })
  const { shape } = expression!
  const values = known(admitted, expression!)
  switch (measure.kind) {
    case 'sum':
      return sumOf(values, shape)
    case 'avg':
      return average(values, shape)
    case 'min':
      return exactly(extreme(values, -1), shape)
    case 'max':
      return exactly(extreme(values, 1), shape)
    case 'uniq':
      return exactly(BigInt(new Set(values).size), { kind: 'exact', scale: 0 })
    case 'quantiles':
      return quantiles(values, shape, measure.levels!)
    case 'argMin':
      return exactly(extremeBy(admitted, expression!, by!, -1), shape)
    case 'argMax':
      return exactly(extremeBy(admitted, expression!, by!, 1), shape)
    case 'uniqExact':
      return exactly(BigInt(new Set(values).size), COUNT)
    case 'variance':
    case 'stddev':
      return expectedSpread(measure, values, shape)
    case 'topK':
      return mostFrequent(values, shape, measure.k!)
    case 'histogram':
      return expectedHistogram(values, shape, measure.edges!)
    case 'bitAnd':
      return exactly(
        reduced(values as bigint[], (a, b) => a & b),
        shape,
      )
    case 'bitOr':
      return exactly(
        reduced(values as bigint[], (a, b) => a | b),
        shape,
      )
    case 'bitXor':
      return exactly(
        reduced(values as bigint[], (a, b) => a ^ b),
        shape,
      )
  }
}

function exactly(value: Value, shape: Shape): ExpectedValue {
  return { kind: 'same', value, shape }
}

const COUNT: Shape = { kind: 'exact', scale: 0 }

function reduced(values: readonly bigint[], combine: (a: bigint, b: bigint) => bigint): Value {
  return values.length === 0 ? null : values.reduce(combine)
}

/** Every value counted; the most frequent first, of equally frequent ones the least. */
function mostFrequent(values: readonly Known[], shape: Shape, k: number): ExpectedValue {
  const counts = new Map<Known, bigint>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0n) + 1n)
  const ranked = [...counts].sort(([a, m], [b, n]) => (m === n ? compareValues(a, b) : m > n ? -1 : 1))
  const rows = ranked
    .slice(0, k)
    .map(([value, count]) => ({ value: { value, shape }, count: { value: count, shape: COUNT } }))
  return { kind: 'rows', rows }
}

function near(value: number | null, tolerance: number): ExpectedValue {
  return { kind: 'near', values: [{ value, tolerance }], isList: false }
}

function known(events: readonly Event[], expression: Expression): Known[] {
  return events.map(expression.of).filter(value => value !== null)
}

function sumOf(values: readonly Known[], shape: Shape): ExpectedValue {
  if (shape.kind === 'exact') {
    return exactly(
      values.length === 0 ? null : (values as bigint[]).reduce((sum, value) => sum + value),
      shape,
    )
  }
  const sizes = (values as number[]).reduce((sum, value) => sum + Math.abs(value), 0)
  return near(values.length === 0 ? null : exactSum(values as number[]), DOUBLE_ACCURACY * sizes)
}

function average(values: readonly Known[], shape: Shape): ExpectedValue {
  const count = values.length
  if (count === 0) return near(null, 0)
  if (shape.kind === 'exact') {
    const sum = (values as bigint[]).reduce((total, value) => total + value)
    const average = ratio(sum, BigInt(count) * 10n ** BigInt(shape.scale))
    return near(average, 1e-12 * Math.abs(average))
  }
  const sizes = (values as number[]).reduce((sum, value) => sum + Math.abs(value), 0)
  return near(exactSum(values as number[]) / count, (DOUBLE_ACCURACY * sizes) / count)
}

/** The least (−1) or greatest (1) value. */
function extreme(values: readonly Known[], direction: -1 | 1): Value {
  return values.reduce<Value>(
    (best, value) => (best === null || Math.sign(compareValues(value, best)) === direction ? value : best),
    null,
  )
}

/** The value where `by` is least or greatest; of equal ones, the least or greatest value. */
function extremeBy(
  events: readonly Event[],
  expression: Expression,
  by: Expression,
  direction: -1 | 1,
): Value {
  let best: { readonly by: Known; readonly value: Known } | undefined
  for (const event of events) {
    const [value, key] = [expression.of(event), by.of(event)]
    if (value === null || key === null) continue
    const order =
      best === undefined ? direction : compareValues(key, best.by) || compareValues(value, best.value)
    if (Math.sign(order) === direction) best = { by: key, value }
  }
  return best?.value ?? null
}

/**
 * percentile_cont, with the accuracy that the bins allow: the least and the greatest value are known to the last digit
 * that a double of their decimal has, and hold all others between them.
 */
function quantiles(values: readonly Known[], shape: Shape, levels: readonly number[]): ExpectedValue {
  const scale = shape.kind === 'exact' ? shape.scale : 0
  const sorted = values
    .map(value => (typeof value === 'bigint' ? ratio(value, 10n ** BigInt(scale)) : (value as number)))
    .sort((a, b) => a - b)
  const [least, greatest] = [sorted[0]!, sorted.at(-1)!]
  const rounding = shape.kind === 'exact' ? DECIMAL_ROUNDING : 0
  const at = (level: number): Near => {
    if (sorted.length === 0) return { value: null, tolerance: 0 }
    const rank = level * (sorted.length - 1)
    const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!]
    const share = rank - Math.floor(rank)
    const size = (1 - share) * Math.abs(low) + share * Math.abs(high)
    const isExact = rank === 0 || rank === sorted.length - 1 || least === greatest
    const value = share === 0 ? low : (1 - share) * low + share * high
    return {
      value: isExact ? low : value,
      tolerance: isExact ? rounding * Math.abs(low) : QUANTILE_ACCURACY * size,
      within: [least - rounding * Math.abs(least), greatest + rounding * Math.abs(greatest)],
    }
  }
  return { kind: 'near', values: levels.map(at), isList: levels.length > 1 }
}
