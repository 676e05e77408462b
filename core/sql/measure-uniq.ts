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
