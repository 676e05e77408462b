import type { ByTime, MeasureDefinition, MeasureOf } from '../model/measure.ts'
import { percent, ratio } from './computed.ts'
import { edgesOf, type HistogramBuckets } from './histogram.ts'
import { assertFields, invalid, shownKind } from './names.ts'

/** What every measure takes: a DuckDB condition, so that only events on which it is true count. */
export interface MeasureOptions {
  readonly filter?: string
}

/** What variances and standard deviations take beside. */
export interface SpreadOptions extends MeasureOptions {
  /** Of the whole population, divided by n, and not of a sample, divided by n − 1. */
  readonly population?: boolean
}

function withFilter(options: MeasureOptions = {}): MeasureOptions {
  assertFields(options, { filter: true }, "a measure's options")
  return options.filter === undefined ? {} : { filter: options.filter }
}

function withSpread(options: SpreadOptions = {}): { population: boolean; filter?: string } {
  assertFields(options, { filter: true, population: true }, "a measure's options")
  const { population = false, filter } = options
  if (typeof population !== 'boolean')
    invalid("a measure's options.population", `expected true or false, got ${shownKind(population)}.`)
  return { population, ...withFilter({ ...(filter !== undefined && { filter }) }) }
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
  /** The number of events on which `condition` is true. */
  countIf: (condition: string, options?: MeasureOptions): MeasureOf<'count'> => {
    const { filter } = withFilter(options)
    return { kind: 'count', filter: filter === undefined ? condition : `(${condition}) AND (${filter})` }
  },
  /** The exact number of distinct values, all of which are kept. */
  uniqExact: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'uniqExact',
    expression,
    ...withFilter(options),
  }),
  /** Of a sample, unless `{ population: true }`. */
  variance: (expression: string, options?: SpreadOptions): MeasureDefinition => ({
    kind: 'variance',
    expression,
    ...withSpread(options),
  }),
  /** Of a sample, unless `{ population: true }`. */
  stddev: (expression: string, options?: SpreadOptions): MeasureDefinition => ({
    kind: 'stddev',
    expression,
    ...withSpread(options),
  }),
  /** The value of the earliest event that has one; of events of one instant, the least. */
  first: (expression: string, options?: MeasureOptions): ByTime => ({
    kind: 'first',
    expression,
    ...withFilter(options),
  }),
  /** The value of the latest event that has one; of events of one instant, the greatest. */
  last: (expression: string, options?: MeasureOptions): ByTime => ({
    kind: 'last',
    expression,
    ...withFilter(options),
  }),
  /** Any value, the same one every time: the least. */
  any: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'min',
    expression,
    ...withFilter(options),
  }),
  /** The `k` most frequent values, each with its exact count. */
  topK: (expression: string, k: number, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'topK',
    expression,
    k,
    ...withFilter(options),
  }),
  /** Counts between edges: `m.histogram('ms', [10, 100, 1000])`, `m.histogram('ms', { from: 0, to: 100, width: 10 })`. */
  histogram: (
    expression: string,
    buckets: HistogramBuckets,
    options?: MeasureOptions,
  ): MeasureDefinition => ({
    kind: 'histogram',
    expression,
    edges: edgesOf(buckets),
    ...withFilter(options),
  }),
  bitAnd: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'bitAnd',
    expression,
    ...withFilter(options),
  }),
  bitOr: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'bitOr',
    expression,
    ...withFilter(options),
  }),
  bitXor: (expression: string, options?: MeasureOptions): MeasureDefinition => ({
    kind: 'bitXor',
    expression,
    ...withFilter(options),
  }),
  /** One measure of the view divided by another: `m.ratio('revenue', 'orders')`. Computed when it is asked for. */
  ratio,
  /** A hundred times as much: `m.percent('delayed', 'flights')`. */
  percent,
}
