import type { MeasureOf } from '../model/measure.ts'
import { assertNumeric, countParts, type MeasureContext, type MeasureParts } from './measure-parts.ts'

/**
 * Variance and standard deviation.
 *
 * Of integers and decimals without rounding: the sums of u and u², where u is the value without its point, in 256 bits.
 * DuckDB sums in 128, so that it takes u apart, u = a·10^15 + b, and sums a², ab and b² each for itself.
 *
 * Of doubles ClickHouse gets the values and keeps count, mean and squared distances (Welford; merged as by Chan et al.),
 * which does not cancel out: sums of squares would lose all digits of a small spread around a large mean.
 */
export function compileSpread(context: MeasureContext<MeasureOf<'variance' | 'stddev'>>): MeasureParts {
  assertNumeric(context)
  const squares = context.value.family === 'double' ? doubleSquares(context) : exactSquares(context)
  const count = countParts(context, `count(${context.row('value')})${context.filter()}`)
  const { kind, population } = context.measure
  const divisor = population ? 'n' : '(n - 1)'
  const variance = `if(n < ${population ? 1 : 2}, NULL, ss / ${divisor})`
  const value = kind === 'variance' ? variance : `sqrt(${variance})`
  const squaresOf = squares.finish(count.finish)
  return {
    inputs: [...squares.inputs, ...count.inputs],
    states: [...squares.states, ...count.states],
    finish: `arrayMap((n, ss) -> ${value}, [toFloat64(${count.finish})], [${squaresOf}])[1]`,
    resultType: 'Nullable(Float64)',
  }
}

interface Squares extends Pick<MeasureParts, 'inputs' | 'states'> {
  /** The sum of the squared distances from the mean, a double, given their number. */
  readonly finish: (count: string) => string
}

function doubleSquares(context: MeasureContext): Squares {
  const value = context.row('value')
  const known = context.filter(`${value} IS NOT NULL`)
  const input = context.input('values', `list(${value})${known}`, 'Array(Float64)')
  const state = context.state(
    'spread',
    'AggregateFunction(varPopStable, Float64)',
    `arrayReduce('varPopStableState', ${input.name})`,
  )
  return {
    inputs: [input],
    states: [state],
    // Of no value the variance is no number.
    finish: count => `if(${count} = 0, 0., varPopStableMerge(${state.name}) * ${count})`,
  }
}

/** The lower digits of u; the upper ones are as many. */
const LOWER = 10n ** 15n

function exactSquares(context: MeasureContext): Squares {
  const u = unscaled(context.row('value'), context.value.scale)
  const [a, b] = [`(${u} // ${LOWER})`, `(${u} % ${LOWER})`]
  const stored = 'Nullable(Decimal(76, 0))'
  const sums = Object.entries({
    units: u,
    upper_squares: `${a} * ${a}`,
    mixed_squares: `${a} * ${b}`,
    lower_squares: `${b} * ${b}`,
  }).map(([suffix, sql]) => {
    const fold = `CAST(sum(${sql})${context.filter()} AS DECIMAL(38,0))`
    const input = context.input(suffix, fold, 'Nullable(Decimal(38, 0))')
    const from = `CAST(${input.name}, '${stored}')`
    return { input, state: context.state(suffix, `SimpleAggregateFunction(sum, ${stored})`, from) }
  })
  const [inputs, states] = [sums.map(({ input }) => input), sums.map(({ state }) => state)]
  const [units, upper, mixed, lower] = states.map(({ name }) => `toInt256(ifNull(sum(${name}), 0))`)
  const squares = `${upper} * ${int256(LOWER ** 2n)} + ${mixed} * ${int256(2n * LOWER)} + ${lower}`
  return { inputs, states, finish: count => distances(count, units!, squares, context.value.scale) }
}

/** A decimal without its point. Multiplied by a power of ten it might not fit 38 digits, so it goes by its text. */
function unscaled(value: string, scale: number): string {
  if (scale === 0) return `CAST(${value} AS HUGEINT)`
  return `CAST(replace(CAST(${value} AS VARCHAR), '.', '') AS HUGEINT)`
}

/**
 * Σ(x − mean)² = Q − r²/n, where Q is the sum of squares about a whole number m near the mean, and r = Σx − n·m. All of it
 * in whole numbers; only the last division rounds.
 */
function distances(count: string, units: string, squares: string, scale: number): string {
  const m = 'intDiv(s, n)'
  const r = `(s - ${m} * n)`
  const about = `(q - 2 * ${m} * s + n * ${m} * ${m})`
  const whole = `(${about} - intDiv(${r} * ${r}, n))`
  const rest = `(${r} * ${r} % n)`
  const product = `if(${whole} < ${int256(10n ** 50n)}, toFloat64(n * ${whole} - ${rest}) / toFloat64(n), toFloat64(${whole}))`
  return `arrayMap((n, s, q) -> ${product} / 1e${2 * scale}, [toInt256(greatest(${count}, 1))], [${units}], [${squares}])[1]`
}

function int256(value: bigint): string {
  return `toInt256('${value}')`
}
