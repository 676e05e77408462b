import type { NamedComputed } from './computed.ts'
import type { Grain } from './grain.ts'
import type { MeasureDefinition } from './measure.ts'
import type { StreamDefinition } from './stream.ts'

/** A named roll-up of one stream, as the user declares it. Plain data. */
export interface ViewDefinition {
  readonly name: string
  readonly topic: string
  /** DuckDB SQL; only events on which it is true count. */
  readonly where: string | undefined
  /** A list of the event that is taken apart: `where`, dimensions and measures are of each element. */
  readonly unnest?: UnnestDefinition
  readonly grain: Grain
  readonly dimensions: readonly DimensionDefinition[]
  readonly measures: readonly NamedMeasure[]
  /** Absent where there are none. */
  readonly computed?: readonly NamedComputed[]
}

export interface UnnestDefinition {
  /** Of the element, in expressions. */
  readonly name: string
  /** DuckDB expression of the list. */
  readonly expression: string
}

export interface DimensionDefinition {
  readonly name: string
  readonly expression: string
}

export interface NamedMeasure {
  readonly name: string
  readonly measure: MeasureDefinition
}

/**
 * A view with all that follows from it and its stream: the types that DuckDB found for its expressions and the
 * version, a hash of everything that affects results. Plain data: it is stored beside the rows it describes, so
 * that a layer can go on with a version that the configuration no longer holds.
 */
export interface BoundView {
  readonly name: string
  /** 12 hexadecimal digits. */
  readonly version: string
  readonly stream: StreamDefinition
  readonly where: string | undefined
  readonly unnest?: UnnestDefinition
  readonly grain: Grain
  readonly dimensions: readonly BoundDimension[]
  readonly measures: readonly BoundMeasure[]
  /** No part of the version: they are computed from finished values. Absent where there are none. */
  readonly computed?: readonly NamedComputed[]
}

export interface BoundDimension extends DimensionDefinition {
  /** The DuckDB type of the expression, for example `DECIMAL(18,2)`. */
  readonly type: string
}

export interface BoundMeasure extends NamedMeasure {
  /** The DuckDB types of `expression` and `by`, where the measure has them. */
  readonly type: string | undefined
  readonly byType: string | undefined
  /** Which states the measure keeps, where that has changed since its kind came to be; absent: the first ones. */
  readonly revision?: number
}
