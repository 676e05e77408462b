import { assertNumeric, type MeasureContext, type MeasureParts } from './measure-parts.ts'

/** Begins the message with which ClickHouse refuses to hand out a sum that overflowed; the measure's name follows. */
export const SUM_OVERFLOW = 'TWOFOLD_SUM_OVERFLOW'

/** A sum: exact for integers and decimals, compensated within a fold for doubles. */
export function compileSum(context: MeasureContext): MeasureParts {
  assertNumeric(context)
  return context.value.family === 'double' ? doubleSum(context) : exactSum(context)
}

/** Decimals are stored in 76 digits, so that no merge can wrap, and held against 38 digits when they are read. */
function exactSum(context: MeasureContext): MeasureParts {
  const scale = context.value.scale
  const limit = `toDecimal256('1${'0'.repeat(38 - scale)}', ${scale})`
  const stored = `Nullable(Decimal(76, ${scale}))`
  const fold = `CAST(sum(${context.row('value')})${context.filter()} AS DECIMAL(38,${scale}))`
  const input = context.input('sum', fold, `Nullable(Decimal(38, ${scale}))`)
  const state = context.state(
    'sum',
    `SimpleAggregateFunction(sum, ${stored})`,
    `CAST(${input.name}, '${stored}')`,
  )
  const total = `sum(${state.name})`
  return {
    inputs: [input],
    states: [state],
    finish: checked(context, total, `abs(ifNull(${total}, 0)) >= ${limit}`),
    resultType: stored,
  }
}

function doubleSum(context: MeasureContext): MeasureParts {
  const type = 'Nullable(Float64)'
  const input = context.input('sum', `fsum(${context.row('value')})${context.filter()}`, type)
  const state = context.state('sum', `SimpleAggregateFunction(sum, ${type})`, input.name)
  const total = `sum(${state.name})`
  return {
    inputs: [input],
    states: [state],
    finish: checked(context, total, `NOT isFinite(ifNull(${total}, 0))`),
    resultType: type,
  }
}

/** An overflow is an error of the view, never a wrapped number. */
function checked(context: MeasureContext, total: string, overflow: string): string {
  return `if(throwIf(${overflow}, '${SUM_OVERFLOW} ${context.name}') = 0, ${total}, NULL)`
}
