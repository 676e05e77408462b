import { view } from '../../core/define/view.ts'
import type { Grain } from '../../core/model/grain.ts'
import type { MeasureDefinition, MeasureKind } from '../../core/model/measure.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { ViewDefinition } from '../../core/model/view.ts'
import type { Event, Expression } from './expression.ts'

/** A view told twice: the product gets its SQL, the oracle its JavaScript. */
export interface TwinView {
  readonly name: string
  readonly grain: Grain
  readonly where?: Expression
  /** The list that is taken apart; the expressions are then of each element. */
  readonly unnest?: TwinUnnest
  readonly dimensions: Readonly<Record<string, Expression>>
  readonly measures: Readonly<Record<string, TwinMeasure>>
}

export interface TwinUnnest {
  /** Of the element. */
  readonly name: string
  readonly sql: string
  /** The elements, each as columns beside those of the event: `item`, or `item.sku` and the like. */
  readonly of: (event: Event) => readonly Event[] | null
}

export interface TwinMeasure {
  readonly kind: MeasureKind
  readonly expression?: Expression
  readonly by?: Expression
  readonly filter?: Expression
  /** Of quantiles: more than one are asked for as a list. */
  readonly levels?: readonly number[]
  /** Of variances and standard deviations. */
  readonly population?: boolean
  /** Of the most frequent values: how many. */
  readonly k?: number
  /** Of histograms. */
  readonly edges?: readonly number[]
}

/** The definition as a user would declare it. */
export function definitionOf(twin: TwinView, stream: StreamDefinition): ViewDefinition {
  return view({
    name: twin.name,
    from: stream,
    grain: twin.grain,
    ...(twin.where !== undefined && { where: twin.where.sql }),
    ...(twin.unnest !== undefined && { unnest: { [twin.unnest.name]: twin.unnest.sql } }),
    dimensions: mapValues(twin.dimensions, expression => expression.sql),
    measures: mapValues(twin.measures, measureOf),
  })
}

function measureOf({ kind, expression, by, filter, levels, ...others }: TwinMeasure): MeasureDefinition {
  return {
    kind,
    ...(expression !== undefined && { expression: expression.sql }),
    ...(by !== undefined && { by: by.sql }),
    ...(filter !== undefined && { filter: filter.sql }),
    ...others,
    ...(levels !== undefined && { levels, single: levels.length === 1 }),
  } as MeasureDefinition
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]))
}
