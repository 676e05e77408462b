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
  /** `expression` of the event where `by` is least or greatest; of equal ones, the least or greatest value. */
  | {
      readonly kind: 'argMin' | 'argMax'
      readonly expression: string
      readonly by: string
      readonly filter?: string
    }

export type MeasureKind = MeasureDefinition['kind']
export type MeasureOf<K extends MeasureKind> = Extract<MeasureDefinition, { kind: K }>

/**
 * What a kind keeps of its values, counted up where it changes: part of the version of the views that have such a
 * measure, and of no other. Versions bound before go on with the states that their tables have.
 */
export const MEASURE_REVISIONS: Partial<Readonly<Record<MeasureKind, number>>> = { quantiles: 1 }
