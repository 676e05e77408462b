import { ratio, SCALE_BITS, scaledInteger } from './exact.ts'
import type { Shape, Value } from './expression.ts'
import type { ExpectedValue } from './oracle-measures.ts'
import type { TwinMeasure } from './twin-view.ts'

const ACCURACY = 1e-9
/** What rounding does to the distances of doubles from their mean, as a part of the largest value. */
const DOUBLE_ROUNDING = 1e-14

/**
 * (n·Σx² − (Σx)²) ÷ (n · divisor) over whole numbers: of doubles, too, which are whole times 2^−1074. The promise
 * for doubles is one on the standard deviation: within 1e-9 of it and a rounding of the largest value.
 */
export function expectedSpread(
  { kind, population }: TwinMeasure,
  values: readonly Exclude<Value, null>[],
  shape: Shape,
): ExpectedValue {
  const n = BigInt(values.length)
  const divisor = population ? n : n - 1n
  if (divisor < 1n) return { kind: 'near', values: [{ value: null, tolerance: 0 }], isList: false }
  const isExact = shape.kind === 'exact'
  const unit = isExact ? 10n ** BigInt(shape.scale) : 1n << SCALE_BITS
  const wholes = values.map(value => (isExact ? (value as bigint) : scaledInteger(value as number)))
  const sum = wholes.reduce((total, value) => total + value, 0n)
  const squares = wholes.reduce((total, value) => total + value * value, 0n)
  const variance = ratio(n * squares - sum * sum, n * divisor * unit * unit)
  const stddev = Math.sqrt(variance)
  const largest = isExact ? 0 : Math.max(...values.map(value => Math.abs(value as number)))
  const distance = ACCURACY * stddev + DOUBLE_ROUNDING * largest
  return {
    kind: 'near',
    values: [
      kind === 'stddev'
        ? { value: stddev, tolerance: distance }
        : { value: variance, tolerance: 2 * stddev * distance + distance * distance },
    ],
    isList: false,
  }
}
