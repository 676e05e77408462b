import type { MeasureContext, MeasureParts } from './measure-parts.ts'
import { duckdbName } from './text.ts'

/**
 * Distinct values, as 64-bit hashes by DuckDB's hash function. Repeated ones are left for ClickHouse to see: it does so
 * while it builds the state, and DuckDB would need a hash table per group for it. That function may change between versions of
 * DuckDB, so the engine's version is part of a view's version.
 */
export function compileUniq(context: MeasureContext): MeasureParts {
  const name = context.field('hashes')
  const value = duckdbName(context.field('value'))
  return {
    inputs: [
      {
        name,
        fold: `list(hash(${value}))${context.filter(`${value} IS NOT NULL`)}`,
        type: 'Array(UInt64)',
      },
    ],
    states: [
      {
        name,
        type: 'AggregateFunction(uniqCombined64, UInt64)',
        from: `arrayReduce('uniqCombined64State', ${name})`,
      },
    ],
    finish: `uniqCombined64Merge(${name})`,
    resultType: 'UInt64',
  }
}
