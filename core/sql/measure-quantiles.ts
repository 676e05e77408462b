import type { MeasureOf } from '../model/measure.ts'
import { compileExtreme } from './measure-extreme.ts'
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
  const scale = context.value.family === 'double' ? undefined : context.value.scale
  const bounds = context.revision < BOUNDED_REVISION ? [] : [least(context), greatest(context)]
  const bins = `sumMap(${state.name})`
  const list =
    bounds.length === 0
      ? valuesAt(bins, levels, scale)
      : valuesWithin(bins, levels, scale, bounds[0]!.finish, bounds[1]!.finish)
  return {
    inputs: [input, ...bounds.flatMap(({ inputs }) => inputs)],
    states: [state, ...bounds.flatMap(({ states }) => states)],
    finish: single ? `${list}[1]` : list,
    resultType: single ? 'Nullable(Float64)' : 'Array(Nullable(Float64))',
  }
}

/** From this revision on, the exact least and greatest value stand beside the bins. */
const BOUNDED_REVISION = 1

const least = (context: MeasureContext) => compileExtreme(context, 'min')
const greatest = (context: MeasureContext) => compileExtreme(context, 'max')

function binOf(value: string): string {
  const size = `CAST(ceil(ln(abs(CAST(${value} AS DOUBLE))) / ${LN_GAMMA}) AS INTEGER) + ${OFFSET}`
  return `CASE WHEN ${value} = 0 THEN 0 WHEN ${value} > 0 THEN ${size} ELSE -(${size}) END`
}

/**
 * Values at `levels`, interpolated between neighbours like percentile_cont. Integers and decimals are rounded to
 * their own digits, which makes small ones exact.
 */
function valuesAt(bins: string, levels: readonly number[], scale: number | undefined): string {
  const { sizes, cumulative } = ranked(bins, scale)
  const at = (rank: string) => `sizes[arrayFirstIndex(c -> c > ${rank}, cumulative)]`
  const low = at(`floor(${RANK})`)
  const high = at(`ceil(${RANK})`)
  const value = `if(empty(sizes), NULL, ${low} + (${RANK} - floor(${RANK})) * (${high} - ${low}))`
  return `arrayMap((sizes, cumulative) -> ${atLevels(value, levels)}, [${sizes}], [${cumulative}])[1]`
}

/**
 * The same, with the first and the last rank known exactly and all others held between them: no value lies outside of
 * what was seen, a constant is itself, and a higher level has never a lower value. (Each step of the interpolation
 * rounds monotonically; only its end could round past the higher neighbour.)
 */
function valuesWithin(
  bins: string,
  levels: readonly number[],
  scale: number | undefined,
  least: string,
  greatest: string,
): string {
  const { sizes, cumulative } = ranked(bins, scale)
  const at = (rank: string) =>
    `multiIf(${rank} <= 0, lo, ${rank} >= cumulative[-1] - 1, hi, greatest(lo, least(hi, sizes[arrayFirstIndex(c -> c > ${rank}, cumulative)])))`
  // The distance of two doubles of opposite signs may be beyond the greatest double.
  const between = `arrayMap((low, high, share) -> least(high, if(isFinite(high - low), low + share * (high - low), low * (1 - share) + high * share)), [${at(`floor(${RANK})`)}], [${at(`ceil(${RANK})`)}], [${RANK} - floor(${RANK})])[1]`
  const value = `if(empty(sizes), NULL, ${between})`
  const bound = (extreme: string) => `[ifNull(toFloat64(${extreme}), 0.)]`
  return `arrayMap((sizes, cumulative, lo, hi) -> ${atLevels(value, levels)}, [${sizes}], [${cumulative}], ${bound(least)}, ${bound(greatest)})[1]`
}

/** Of a level: which value it asks for, counted from 0. */
const RANK = 'level * (cumulative[-1] - 1)'

function atLevels(value: string, levels: readonly number[]): string {
  return `arrayMap(level -> ${value}, [${levels.map(toDouble).join(', ')}])`
}

/** The size that stands for each bin, in order, and how many values there are up to its end. */
function ranked(bins: string, scale: number | undefined): { sizes: string; cumulative: string } {
  const middle = `sign(k) * exp((abs(k) - ${OFFSET}) * ${LN_GAMMA}) * ${2 / (1 + GAMMA)}`
  const representative = `if(k = 0, 0., ${scale === undefined ? middle : rounded(middle, scale)})`
  const sorted = `arraySort(b -> b.1, CAST(${bins}, 'Array(Tuple(Int32, UInt64))'))`
  return {
    sizes: `arrayMap(k -> ${representative}, arrayMap(b -> b.1, ${sorted}))`,
    cumulative: `arrayCumSum(b -> b.2, ${sorted})`,
  }
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
