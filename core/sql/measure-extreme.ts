import type { MeasureContext, MeasureParts } from './measure-parts.ts'
import { duckdbName } from './text.ts'

/** The least or greatest value. */
export function compileExtreme(context: MeasureContext, direction: 'min' | 'max'): MeasureParts {
  const name = context.field(direction)
  const type = `Nullable(${context.value.clickhouse})`
  return {
    inputs: [{ name, fold: `${direction}(${duckdbName(context.field('value'))})${context.filter()}`, type }],
    states: [{ name, type: `SimpleAggregateFunction(${direction}, ${type})`, from: name }],
    finish: `${direction}(${name})`,
    resultType: type,
  }
}

/** The pair (by, value) decides in both engines, so that ties are broken by the value and not by arrival. */
export function compileExtremeBy(
  context: MeasureContext,
  direction: 'min' | 'max',
  aggregate: 'argMin' | 'argMax',
): MeasureParts {
  const [value, by] = [duckdbName(context.field('value')), duckdbName(context.field('by'))]
  const bothKnown = context.filter(`${by} IS NOT NULL`, `${value} IS NOT NULL`)
  const pair = `(${direction}({'by': ${by}, 'value': ${value}})${bothKnown})`
  const [inputBy, inputValue, state] = [context.field('by'), context.field('value'), context.field('pair')]
  const [byType, valueType] = [context.by.clickhouse, context.value.clickhouse]
  const values = `if(isNull(${inputBy}), [], [assumeNotNull(${inputValue})])::Array(${valueType})`
  const keys = `if(isNull(${inputBy}), [], [(assumeNotNull(${inputBy}), assumeNotNull(${inputValue}))])::Array(Tuple(${byType}, ${valueType}))`
  return {
    inputs: [
      { name: inputBy, fold: `${pair}.by`, type: `Nullable(${byType})` },
      { name: inputValue, fold: `${pair}.value`, type: `Nullable(${valueType})` },
    ],
    states: [
      {
        name: state,
        type: `AggregateFunction(${aggregate}OrNull, ${valueType}, Tuple(${byType}, ${valueType}))`,
        from: `arrayReduce('${aggregate}OrNullState', ${values}, ${keys})`,
      },
    ],
    finish: `${aggregate}OrNullMerge(${state})`,
    resultType: `Nullable(${valueType})`,
  }
}
