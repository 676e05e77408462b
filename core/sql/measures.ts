import type { MeasureKind, MeasureOf } from '../model/measure.ts'
import type { BoundMeasure } from '../model/view.ts'
import { compileExtreme, compileExtremeBy } from './measure-extreme.ts'
import {
  type CompiledMeasure,
  contextOf,
  countColumn,
  type MeasureContext,
  type MeasureParts,
  rowFieldsOf,
} from './measure-parts.ts'
import { compileQuantiles } from './measure-quantiles.ts'
import { compileSum } from './measure-sum.ts'
import { compileUniq } from './measure-uniq.ts'
import { duckdbName } from './text.ts'

/** Compiles a measure for both engines. Names cannot clash: a user's name never holds `__`. */
export function compileMeasure(bound: BoundMeasure): CompiledMeasure {
  const context = contextOf(bound)
  const compile = COMPILERS[bound.measure.kind] as (context: MeasureContext) => MeasureParts
  return { name: bound.name, rowFields: rowFieldsOf(context), ...compile(context) }
}

/** Every kind of measure must be here: a new one does not compile until it is. */
const COMPILERS: { readonly [K in MeasureKind]: (context: MeasureContext<MeasureOf<K>>) => MeasureParts } = {
  count: context => ({
    ...countColumn(context.field('count'), `count(*)${context.filter()}`),
    finish: `sum(${context.field('count')})`,
    resultType: 'UInt64',
  }),
  sum: compileSum,
  avg: context => {
    const sum = compileSum(context)
    const count = context.field('count')
    const counted = countColumn(count, `count(${duckdbName(context.field('value'))})${context.filter()}`)
    return {
      inputs: [...sum.inputs, ...counted.inputs],
      states: [...sum.states, ...counted.states],
      finish: `if(sum(${count}) = 0, NULL, toFloat64(${sum.finish}) / sum(${count}))`,
      resultType: 'Nullable(Float64)',
    }
  },
  min: context => compileExtreme(context, 'min'),
  max: context => compileExtreme(context, 'max'),
  uniq: compileUniq,
  quantiles: compileQuantiles,
  argMin: context => compileExtremeBy(context, 'min', 'argMin'),
  argMax: context => compileExtremeBy(context, 'max', 'argMax'),
}
