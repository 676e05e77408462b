import { type TimeBuckets, utcBuckets } from './time-buckets.ts'
import type { BoundView } from './view.ts'

/** A checked question to one view: every name is the catalogue's, every value has its type. Plain data. */
export interface ViewQuery {
  readonly view: string
  readonly measures: readonly string[]
  readonly dimensions: readonly string[]
  /** Half-open, in seconds since 1970, on the view's grain. */
  readonly fromSeconds: number | undefined
  readonly toSeconds: number | undefined
  /** How time is cut; `undefined` where it is not. */
  readonly buckets: TimeBuckets | undefined
  /** All of them hold. */
  readonly filters: readonly FilterTree<DimensionFilter>[]
  /** Of finished values; all of them hold. */
  readonly having: readonly FilterTree<MeasureFilter>[]
  /** Adds a row for every bucket of the range that has no events. */
  readonly fill: Fill | undefined
  readonly order: readonly { readonly by: string; readonly desc: boolean }[]
  /** Rows wanted, after `offset` rows are passed over. */
  readonly limit: number
  readonly offset: number
}

/** Everything there is of a view, at its own grain: all measures by all dimensions. */
export function wholeView(view: BoundView, limit: number): ViewQuery {
  return {
    view: view.name,
    measures: view.measures.map(({ name }) => name),
    dimensions: view.dimensions.map(({ name }) => name),
    fromSeconds: undefined,
    toSeconds: undefined,
    buckets: utcBuckets(view.grain),
    filters: [],
    having: [],
    fill: undefined,
    order: [],
    limit,
    offset: 0,
  }
}

export const FILTER_OPERATORS = [
  'equals',
  'notEquals',
  'in',
  'notIn',
  'contains',
  'startsWith',
  'gt',
  'gte',
  'lt',
  'lte',
  'isNull',
  'isNotNull',
] as const

export type FilterOperator = (typeof FILTER_OPERATORS)[number]

/** Any of `values` satisfies the operator (none of them, for notEquals and notIn, which keep NULL). */
export interface ValueFilter {
  readonly op: FilterOperator
  /** As text, in the form ClickHouse reads for the type of what is filtered. */
  readonly values: readonly string[]
  /** True where null is one of the values of `in` or `notIn`. */
  readonly withNull?: boolean
}

export interface DimensionFilter extends ValueFilter {
  readonly dimension: string
}

export interface MeasureFilter extends ValueFilter {
  readonly measure: string
}

/** Filters, of which any or all must hold. */
export type FilterTree<Leaf extends ValueFilter> =
  | Leaf
  | { readonly or: readonly FilterTree<Leaf>[] }
  | { readonly and: readonly FilterTree<Leaf>[] }

/** What a bucket without events is shown as: counts and sums as 0, or all measures as null. */
export const FILLS = ['zero', 'null'] as const

export interface Fill {
  readonly value: (typeof FILLS)[number]
  /** The starts of all buckets of the range, in order, in seconds since 1970. */
  readonly starts: readonly number[]
}
