import type { MeasureContext, MeasureParts } from './measure-parts.ts'

/** The least or greatest value. */
export function compileExtreme(context: MeasureContext, direction: 'min' | 'max'): MeasureParts {
  const type = `Nullable(${context.value.clickhouse})`
  const input = context.input(direction, `${direction}(${context.row('value')})${context.filter()}`, type)
  const state = context.state(direction, `SimpleAggregateFunction(${direction}, ${type})`, input.name)
  return {
    inputs: [input],
    states: [state],
    finish: `${direction}(${state.name})`,
    resultType: type,
  }
}

/** The pair (by, value) decides in both engines, so that ties are broken by the value and not by arrival. */
export function compileExtremeBy(
  context: MeasureContext,
  direction: 'min' | 'max',
  aggregate: 'argMin' | 'argMax',
): MeasureParts {
  const [value, by] = [context.row('value'), context.row('by')]
  const bothKnown = context.filter(`${by} IS NOT NULL`, `${value} IS NOT NULL`)
  const pair = `(${direction}({'by': ${by}, 'value': ${value}})${bothKnown})`
  const [byType, valueType] = [context.by.clickhouse, context.value.clickhouse]
  const inputBy = context.input('by', `${pair}.by`, `Nullable(${byType})`)
  const inputValue = context.input('value', `${pair}.value`, `Nullable(${valueType})`)
  const [isNone, known] = [`isNull(${inputBy.name})`, `assumeNotNull(${inputValue.name})`]
  const values = `if(${isNone}, [], [${known}])::Array(${valueType})`
  const keys = `if(${isNone}, [], [(assumeNotNull(${inputBy.name}), ${known})])::Array(Tuple(${byType}, ${valueType}))`
  const state = context.state(
    'pair',
    `AggregateFunction(${aggregate}OrNull, ${valueType}, Tuple(${byType}, ${valueType}))`,
    `arrayReduce('${aggregate}OrNullState', ${values}, ${keys})`,
  )
  return {
    inputs: [inputBy, inputValue],
    states: [state],
    finish: `${aggregate}OrNullMerge(${state.name})`,
    resultType: `Nullable(${valueType})`,
  }
}
