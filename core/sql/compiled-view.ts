import { TwofoldError } from '../model/errors.ts'
import type { BoundView } from '../model/view.ts'
import { type AnsweredMeasure, compileComputed } from './computed.ts'
import {
  type CompiledMeasure,
  type InputColumn,
  type RowField,
  SharedColumns,
  type StateColumn,
} from './measure-parts.ts'
import { compileMeasure } from './measures.ts'
import { castToPhysical, type PhysicalType, physicalType } from './physical-type.ts'

/** A bound view with what follows from its dimensions and measures: the input of all SQL that is made for it. */
export interface CompiledView {
  readonly view: BoundView
  readonly dimensions: readonly CompiledDimension[]
  readonly measures: readonly CompiledMeasure[]
  /** What is computed from these when a question is answered. */
  readonly computed: readonly AnsweredMeasure[]
}

export interface CompiledDimension {
  readonly name: string
  /** DuckDB expression of the key, already cast. */
  readonly sql: string
  readonly type: PhysicalType
}

/** Compiles a view. @throws EXPRESSION_INVALID for a type that Twofold cannot keep */
export function compileView(view: BoundView): CompiledView {
  const dimensions = view.dimensions.map(dimension => {
    const type = physicalType(dimension.type)
    if (type === undefined) {
      throw new TwofoldError(
        'EXPRESSION_INVALID',
        `dimensions.${dimension.name}: the expression "${dimension.expression}" is of type ${dimension.type}, which Twofold cannot keep.`,
        {
          hint: 'Cast it to a number, text, date, timestamp or boolean.',
          details: { field: `dimensions.${dimension.name}`, expression: dimension.expression },
        },
      )
    }
    return { name: dimension.name, sql: castToPhysical(dimension.expression, type), type }
  })
  const shared = new SharedColumns(view)
  const measures = view.measures.map(bound => compileMeasure(bound, shared))
  const computed = (view.computed ?? []).map(named => compileComputed(named, measures))
  return { view, dimensions, measures, computed }
}

export function rowFields(compiled: CompiledView): RowField[] {
  return once(compiled.measures.flatMap(measure => measure.rowFields))
}

export function inputColumns(compiled: CompiledView): InputColumn[] {
  return once(compiled.measures.flatMap(measure => measure.inputs))
}

export function stateColumns({ measures }: { readonly measures: readonly AnsweredMeasure[] }): StateColumn[] {
  return once(measures.flatMap(measure => measure.states))
}

/** Measures share columns: each is listed where it comes first. */
function once<Column extends { readonly name: string }>(columns: readonly Column[]): Column[] {
  return [...new Map(columns.map(column => [column.name, column])).values()]
}
