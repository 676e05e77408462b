/**
 * The mergeable aggregates a view may keep. `expression`, `by` and `filter` are DuckDB SQL over the stream's
 * columns. NULLs are left out, as in SQL; a measure that saw no value is NULL (a count or uniq: 0).
 */
export type MeasureDefinition =
  | { readonly kind: 'count'; readonly filter?: string }
  /** Integers and decimals exactly, doubles to 1e-9 of Σ|x|. */
  | { readonly kind: 'sum' | 'avg'; readonly expression: string; readonly filter?: string }
  | { readonly kind: 'min' | 'max'; readonly expression: string; readonly filter?: string }
  /** The number of distinct values, within 1 %: exact while small, then HyperLogLog with 2^17 registers. */
  | { readonly kind: 'uniq'; readonly expression: string; readonly filter?: string }
  /** Values at ranks, interpolated like SQL's percentile_cont, each within 0.5 % of its size. */
  | {
      readonly kind: 'quantiles'
      readonly expression: string
      readonly levels: readonly number[]
      /** The result is one number instead of a list: `m.quantile`. */
      readonly single: boolean
      readonly filter?: string
    }
  /** The exact number of distinct values; its state keeps each of them. */
  | { readonly kind: 'uniqExact'; readonly expression: string; readonly filter?: string }
  /** Of integers and decimals computed without rounding; doubles as `measure-spread.ts` says. */
  | {
      readonly kind: 'variance' | 'stddev'
      readonly expression: string
      /** Divided by n; otherwise by n − 1, and NULL of a single value. */
      readonly population: boolean
      readonly filter?: string
    }
  /** The `k` most frequent values with their exact counts, of equally frequent ones the least first. */
  | { readonly kind: 'topK'; readonly expression: string; readonly k: number; readonly filter?: string }
  /** How many values lie below the first edge, between each edge (included) and the next, and from the last one on. */
  | {
      readonly kind: 'histogram'
      readonly expression: string
      readonly edges: readonly number[]
      readonly filter?: string
    }
  | {
      readonly kind: 'bitAnd' | 'bitOr' | 'bitXor'
      readonly expression: string
      readonly filter?: string
    }
  /** `expression` of the event where `by` is least or greatest; of equal ones, the least or greatest value. */
  | {
      readonly kind: 'argMin' | 'argMax'
      readonly expression: string
      readonly by: string
      readonly filter?: string
    }

/**
 * What a view's declaration may hold: `argMin` and `argMax` by the event time, too, which the measure itself does not know
 * and the view fills in.
 */
export type MeasureDeclaration = MeasureDefinition | ByTime

export interface ByTime {
  readonly kind: 'first' | 'last'
  readonly expression: string
  readonly filter?: string
}

export type MeasureKind = MeasureDefinition['kind']
export type MeasureOf<K extends MeasureKind> = Extract<MeasureDefinition, { kind: K }>

/**
 * What a kind keeps of its values, counted up where it changes: part of the version of the views that have such a
 * measure, and of no other. Versions bound before go on with the states that their tables have.
 */
export const MEASURE_REVISIONS: Partial<Readonly<Record<MeasureKind, number>>> = { quantiles: 1 }
