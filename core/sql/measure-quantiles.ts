import type { MeasureOf } from '../model/measure.ts'
import { assertNumeric, type MeasureContext, type MeasureParts } from './measure-parts.ts'

/**
 * Quantiles from logarithmic bins with counts (the idea of DDSketch, VLDB 2019): bin k holds the sizes in
 * (γ^(k−1), γ^k], so a value known by its bin alone is off by at most `ACCURACY` of its size. Bins add up exactly,
 * in any order.
 */
const ACCURACY = 0.005
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY)
const LN_GAMMA = Math.log(GAMMA)
/** Lifts the bin of the smallest double above 0, so that the sign of a key can be the sign of the value. */
const OFFSET = 100_000

export function compileQuantiles(context: MeasureContext<MeasureOf<'quantiles'>>): MeasureParts {
  assertNumeric(context)
  const value = context.row('value')
  const known = context.filter(`${value} IS NOT NULL`)
  const input = context.input('bins', `histogram(${binOf(value)})${known}`, 'Map(Int32, UInt64)')
  const state = context.state('bins', 'SimpleAggregateFunction(sumMap, Map(Int32, UInt64))', input.name)
  const { levels, single } = context.measure
  const list = valuesAt(
    `sumMap(${state.name})`,
    levels,
    context.value.family === 'double' ? undefined : context.value.scale,
  )
  return {
    inputs: [input],
    states: [state],
    finish: single ? `${list}[1]` : list,
    resultType: single ? 'Nullable(Float64)' : 'Array(Nullable(Float64))',
  }
}

function binOf(value: string): string {
  const size = `CAST(ceil(ln(abs(CAST(${value} AS DOUBLE))) / ${LN_GAMMA}) AS INTEGER) + ${OFFSET}`
  return `CASE WHEN ${value} = 0 THEN 0 WHEN ${value} > 0 THEN ${size} ELSE -(${size}) END`
}

/**
 * Values at `levels`, interpolated between neighbours like percentile_cont. Integers and decimals are rounded to
 * their own digits, which makes small ones exact.
 */
function valuesAt(bins: string, levels: readonly number[], scale: number | undefined): string {
  const middle = `sign(k) * exp((abs(k) - ${OFFSET}) * ${LN_GAMMA}) * ${2 / (1 + GAMMA)}`
  const representative = `if(k = 0, 0., ${scale === undefined ? middle : rounded(middle, scale)})`
  const sorted = `arraySort(b -> b.1, CAST(${bins}, 'Array(Tuple(Int32, UInt64))'))`
  const sizes = `arrayMap(k -> ${representative}, arrayMap(b -> b.1, ${sorted}))`
  const cumulative = `arrayCumSum(b -> b.2, ${sorted})`
  const at = (rank: string) => `sizes[arrayFirstIndex(c -> c > ${rank}, cumulative)]`
  const rank = 'level * (cumulative[-1] - 1)'
  const low = at(`floor(${rank})`)
  const high = at(`ceil(${rank})`)
  const value = `if(empty(sizes), NULL, ${low} + (${rank} - floor(${rank})) * (${high} - ${low}))`
  return `arrayMap((sizes, cumulative) -> arrayMap(level -> ${value}, [${levels.map(toDouble).join(', ')}]), [${sizes}], [${cumulative}])[1]`
}

/** ClickHouse's `round(x, n)` multiplies by 10^n as an integer of 64 bits, which ends at 19 digits. */
const ROUNDED_DIGITS = 19

function rounded(value: string, scale: number): string {
  if (scale <= ROUNDED_DIGITS) return `round(${value}, ${scale})`
  return `round((${value}) * 1e${scale}) / 1e${scale}`
}

function toDouble(level: number): string {
  return `toFloat64(${level})`
}
