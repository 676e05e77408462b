import type { MeasureOf } from '../model/measure.ts'
import { assertNumeric, type MeasureContext, type MeasureParts } from './measure-parts.ts'
import type { PhysicalType } from './physical-type.ts'
import { clickhouseString } from './text.ts'

/**
 * The most frequent values, from the exact count of each value: a list that forgets the rare ones would depend on
 * the order of events, and differ between the layers. What is kept grows with the number of different values.
 */
export function compileTopK(context: MeasureContext<MeasureOf<'topK'>>): MeasureParts {
  const value = context.row('value')
  const type = context.value.clickhouse
  const fold = `histogram(${value})${context.filter(`${value} IS NOT NULL`)}`
  const input = context.input('counts', fold, `Map(${type}, UInt64)`)
  // ClickHouse adds up maps of few types of keys, and pairs of lists of all.
  const pair = `Tuple(Array(${type}), Array(UInt64))`
  const from = `CAST((mapKeys(${input.name}), mapValues(${input.name})), ${clickhouseString(pair)})`
  const state = context.state('counts', `SimpleAggregateFunction(sumMap, ${pair})`, from)
  const ranked = `arrayMap(pair -> arraySort(e -> (-toInt64(e.2), e.1), arrayZip(pair.1, pair.2)), [sumMap(${state.name})])[1]`
  const resultType = `Array(Tuple(value ${type}, count UInt64))`
  return {
    inputs: [input],
    states: [state],
    finish: `CAST(arraySlice(${ranked}, 1, ${context.measure.k}), ${clickhouseString(resultType)})`,
    resultType,
  }
}

/** Exact counts between fixed edges; buckets in which nothing is are there, too. */
export function compileHistogram(context: MeasureContext<MeasureOf<'histogram'>>): MeasureParts {
  assertNumeric(context)
  const { edges } = context.measure
  const value = context.row('value')
  const below = edges.map((edge, index) => `WHEN ${isBelowEdge(value, context.value, edge)} THEN ${index}`)
  const bucket = `CAST(CASE ${below.join(' ')} ELSE ${edges.length} END AS INTEGER)`
  const known = context.filter(`${value} IS NOT NULL`)
  const doubles = edges.map(edge => `toFloat64(${edge})`)
  const input = context.input('buckets', `histogram(${bucket})${known}`, 'Map(Int32, UInt64)')
  const state = context.state('buckets', 'SimpleAggregateFunction(sumMap, Map(Int32, UInt64))', input.name)
  const resultType = 'Array(Tuple(`from` Nullable(Float64), `to` Nullable(Float64), count UInt64))'
  const buckets = `arrayMap((i, lo, hi) -> (lo, hi, counts[toInt32(i)]), range(${edges.length + 1}), [${['NULL', ...doubles].join(', ')}], [${[...doubles, 'NULL'].join(', ')}])`
  return {
    inputs: [input],
    states: [state],
    finish: `arrayMap(counts -> CAST(${buckets}, ${clickhouseString(resultType)}), [sumMap(${state.name})])[1]`,
    resultType,
  }
}

/**
 * True where a value lies below an edge, without rounding: an integer or decimal does where it is less than the least
 * number of its own digits that is not below the edge.
 */
export function isBelowEdge(value: string, { family, scale, duckdb }: PhysicalType, edge: number): string {
  if (family === 'double') return `${value} < CAST('${edge}' AS DOUBLE)`
  const limit = ceilingOf(edge, scale)
  if (family === 'integer')
    return compared(`CAST(${value} AS HUGEINT)`, limit, 10n ** 20n, `${limit}::HUGEINT`)
  const precision = Number(/^DECIMAL\((\d+),/.exec(duckdb)![1])
  return compared(value, limit, 10n ** BigInt(precision), `CAST('${pointed(limit, scale)}' AS ${duckdb})`)
}

/** Where the limit is beyond all values, the answer is known. */
function compared(value: string, limit: bigint, beyond: bigint, literal: string): string {
  if (limit >= beyond) return 'true'
  return limit <= -beyond ? 'false' : `${value} < ${literal}`
}

/** The least integer that is at least the edge times 10^scale; the edge is taken as it is written. */
function ceilingOf(edge: number, scale: number): bigint {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(
    `${edge}`,
  )!
  const shift = Number(exponent) - fraction.length + scale
  const digits = BigInt(`${whole}${fraction}`)
  if (shift >= 0) return (sign === '-' ? -digits : digits) * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  if (sign === '-') return -(digits / divisor)
  return (digits + divisor - 1n) / divisor
}

/** An integer with its point before the last `scale` digits. */
function pointed(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}
