import { assertNumeric, type MeasureContext, type MeasureParts } from './measure-parts.ts'
import { duckdbName } from './text.ts'

/** Begins the message with which ClickHouse refuses to hand out a sum that overflowed; the measure's name follows. */
export const SUM_OVERFLOW = 'TWOFOLD_SUM_OVERFLOW'

/** A sum: exact for integers and decimals, compensated within a fold for doubles. */
export function compileSum(context: MeasureContext): MeasureParts {
  assertNumeric(context)
  return context.value.family === 'double' ? doubleSum(context) : exactSum(context)
}

/** Decimals are stored in 76 digits, so that no merge can wrap, and held against 38 digits when they are read. */
function exactSum(context: MeasureContext): MeasureParts {
  const name = context.field('sum')
  const scale = context.value.scale
  const limit = `toDecimal256('1${'0'.repeat(38 - scale)}', ${scale})`
  return {
    inputs: [
      {
        name,
        fold: `CAST(sum(${duckdbName(context.field('value'))})${context.filter()} AS DECIMAL(38,${scale}))`,
        type: `Nullable(Decimal(38, ${scale}))`,
      },
    ],
    states: [
      {
        name,
        type: `SimpleAggregateFunction(sum, Nullable(Decimal(76, ${scale})))`,
        from: `CAST(${name}, 'Nullable(Decimal(76, ${scale}))')`,
      },
    ],
    finish: checked(context, `sum(${name})`, `abs(ifNull(sum(${name}), 0)) >= ${limit}`),
    resultType: `Nullable(Decimal(76, ${scale}))`,
  }
}

function doubleSum(context: MeasureContext): MeasureParts {
  const name = context.field('sum')
  return {
    inputs: [
      {
        name,
        fold: `fsum(${duckdbName(context.field('value'))})${context.filter()}`,
        type: 'Nullable(Float64)',
      },
    ],
    states: [{ name, type: 'SimpleAggregateFunction(sum, Nullable(Float64))', from: name }],
    finish: checked(context, `sum(${name})`, `NOT isFinite(ifNull(sum(${name}), 0))`),
    resultType: 'Nullable(Float64)',
  }
}

/** An overflow is an error of the view, never a wrapped number. */
function checked(context: MeasureContext, total: string, overflow: string): string {
  return `if(throwIf(${overflow}, '${SUM_OVERFLOW} ${context.name}') = 0, ${total}, NULL)`
}
