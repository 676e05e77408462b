import type { MeasureKind, MeasureOf } from '../model/measure.ts'
import type { BoundMeasure } from '../model/view.ts'
import { compileBits } from './measure-bits.ts'
import { compileHistogram, compileTopK } from './measure-counts.ts'
import { compileExtreme, compileExtremeBy } from './measure-extreme.ts'
import {
  type CompiledMeasure,
  contextOf,
  countParts,
  type MeasureContext,
  type MeasureParts,
  type SharedColumns,
} from './measure-parts.ts'
import { compileQuantiles } from './measure-quantiles.ts'
import { compileSpread } from './measure-spread.ts'
import { compileSum } from './measure-sum.ts'
import { compileUniq, compileUniqExact } from './measure-uniq.ts'

/**
 * Compiles a measure for both engines; `shared` knows the columns of the measures of its view that were compiled
 * before it. Names cannot clash: a user's name never holds `__`.
 */
export function compileMeasure(bound: BoundMeasure, shared: SharedColumns): CompiledMeasure {
  const context = contextOf(bound, shared)
  const compile = COMPILERS[bound.measure.kind] as (context: MeasureContext) => MeasureParts
  return { name: bound.name, rowFields: context.rowFields, ...compile(context) }
}

/** Every kind of measure must be here: a new one does not compile until it is. */
const COMPILERS: { readonly [K in MeasureKind]: (context: MeasureContext<MeasureOf<K>>) => MeasureParts } = {
  count: context => ({
    ...countParts(context, `count(*)${context.filter()}`),
    resultType: 'UInt64',
  }),
  sum: compileSum,
  avg: context => {
    const sum = compileSum(context)
    const count = countParts(context, `count(${context.row('value')})${context.filter()}`)
    return {
      inputs: [...sum.inputs, ...count.inputs],
      states: [...sum.states, ...count.states],
      finish: `if(${count.finish} = 0, NULL, toFloat64(${sum.finish}) / ${count.finish})`,
      resultType: 'Nullable(Float64)',
    }
  },
  min: context => compileExtreme(context, 'min'),
  max: context => compileExtreme(context, 'max'),
  uniq: compileUniq,
  quantiles: compileQuantiles,
  argMin: context => compileExtremeBy(context, 'min', 'argMin'),
  argMax: context => compileExtremeBy(context, 'max', 'argMax'),
  uniqExact: compileUniqExact,
  variance: compileSpread,
  stddev: compileSpread,
  topK: compileTopK,
  histogram: compileHistogram,
  bitAnd: compileBits,
  bitOr: compileBits,
  bitXor: compileBits,
}
