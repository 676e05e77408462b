import type { MeasureContext, MeasureParts } from './measure-parts.ts'

/**
 * Distinct values, as 64-bit hashes by DuckDB's hash function. Repeated ones are left for ClickHouse to see: it does so
 * while it builds the state, and DuckDB would need a hash table per group for it. That function may change between versions of
 * DuckDB, so the engine's version is part of a view's version.
 */
export function compileUniq(context: MeasureContext): MeasureParts {
  const value = context.row('value')
  const known = context.filter(`${value} IS NOT NULL`)
  const input = context.input('hashes', `list(hash(${value}))${known}`, 'Array(UInt64)')
  const state = context.state(
    'hashes',
    'AggregateFunction(uniqCombined64, UInt64)',
    `arrayReduce('uniqCombined64State', ${input.name})`,
  )
  return {
    inputs: [input],
    states: [state],
    finish: `uniqCombined64Merge(${state.name})`,
    resultType: 'UInt64',
  }
}

/**
 * Distinct values, each handed over once per partial. ClickHouse keeps numbers as they are and text as hashes of 128
 * bits, of which two among 10^9 texts are equal with a probability below 10^-20.
 */
export function compileUniqExact(context: MeasureContext): MeasureParts {
  const value = context.row('value')
  const type = context.value.clickhouse
  const known = context.filter(`${value} IS NOT NULL`)
  const input = context.input('values', `list(DISTINCT ${value})${known}`, `Array(${type})`)
  const state = context.state(
    'distinct',
    `AggregateFunction(uniqExact, ${type})`,
    `arrayReduce('uniqExactState', ${input.name})`,
  )
  return {
    inputs: [input],
    states: [state],
    finish: `uniqExactMerge(${state.name})`,
    resultType: 'UInt64',
  }
}
