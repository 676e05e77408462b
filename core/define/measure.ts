import type { MeasureDefinition, MeasureOf } from '../model/measure.ts'
import { percent, ratio } from './computed.ts'
import { assertFields } from './names.ts'

/** What every measure takes: a DuckDB condition, so that only events on which it is true count. */
export interface MeasureOptions {
  readonly filter?: string
}

function withFilter(options: MeasureOptions = {}): MeasureOptions {
  assertFields(options, { filter: true }, "a measure's options")
  return options.filter === undefined ? {} : { filter: options.filter }
}

/** The measures a view can keep. */
export const m = {
  count: (options?: MeasureOptions): MeasureOf<'count'> => ({ kind: 'count', ...withFilter(options) }),
  sum: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'sum',
    expression,
    ...withFilter(options),
  }),
  avg: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'avg',
    expression,
    ...withFilter(options),
  }),
  min: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'min',
    expression,
    ...withFilter(options),
  }),
  max: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'max',
    expression,
    ...withFilter(options),
  }),
  uniq: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'uniq',
    expression,
    ...withFilter(options),
  }),
  /** A list of values, one for each level. */
  quantiles: (
    expression: string,
    levels: readonly number[],
    options?: MeasureOptions,
  ): MeasureDefinition => ({
    kind: 'quantiles',
    expression,
    levels,
    single: false,
    ...withFilter(options),
  }),
  /** One value: `m.quantile('delay', 0.95)`. */
  quantile: (expression: string, level: number, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'quantiles',
    expression,
    levels: [level],
    single: true,
    ...withFilter(options),
  }),
  argMin: (expression: string, by: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'argMin',
    expression,
    by,
    ...withFilter(options),
  }),
  argMax: (expression: string, by: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'argMax',
    expression,
    by,
    ...withFilter(options),
  }),
  /** One measure of the view divided by another: `m.ratio('revenue', 'orders')`. Computed when it is asked for. */
  ratio,
  /** A hundred times as much: `m.percent('delayed', 'flights')`. */
  percent,
}
