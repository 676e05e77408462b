import { unknownName } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import {
  type DimensionFilter,
  FILTER_OPERATORS,
  type FilterOperator,
  type FilterTree,
  type MeasureFilter,
  type ValueFilter,
} from '../../core/model/query.ts'
import type { CompiledView } from '../../core/sql/compiled-view.ts'
import { type PhysicalType, resultPhysicalType } from '../../core/sql/physical-type.ts'
import { type FilterValue, filterValue, type Refuse } from './filter-value.ts'

/** A filter as it is asked for: one, or several of which any or all must hold. */
export type FilterRequest<Name extends 'dimension' | 'measure'> = {
  readonly [N in Name]?: string | undefined
} & {
  readonly op?: string
  readonly values?: readonly (FilterValue | null)[]
  readonly or?: readonly FilterRequest<Name>[]
  readonly and?: readonly FilterRequest<Name>[]
}

/** What is filtered, and of which type. */
interface Filtered {
  readonly name: string
  readonly type: PhysicalType
}

/** Checks filters whose shape has been checked; `place` is where they stand in the question. */
export function planFilters(
  filters: readonly FilterRequest<'dimension'>[],
  place: string,
  compiled: CompiledView,
  timeZone: string,
): FilterTree<DimensionFilter>[] {
  return filters.map((filter, index) =>
    planTree(filter, `${place}.${index}`, (leaf, at) => {
      const { name, type } = dimensionOf(leaf.dimension!, compiled)
      return { dimension: name, ...planLeaf(leaf, at, 'dimension', { name, type }, timeZone) }
    }),
  )
}

/** Checks filters of finished measures. */
export function planHaving(
  filters: readonly FilterRequest<'measure'>[],
  place: string,
  compiled: CompiledView,
  timeZone: string,
): FilterTree<MeasureFilter>[] {
  return filters.map((filter, index) =>
    planTree(filter, `${place}.${index}`, (leaf, at) => {
      const { name, type } = measureOf(leaf.measure!, at, compiled)
      return { measure: name, ...planLeaf(leaf, at, 'measure', { name, type }, timeZone) }
    }),
  )
}

function planTree<Name extends 'dimension' | 'measure', Leaf extends ValueFilter>(
  filter: FilterRequest<Name>,
  place: string,
  plan: (leaf: FilterRequest<Name>, place: string) => Leaf,
): FilterTree<Leaf> {
  const all = (filters: readonly FilterRequest<Name>[], word: string) =>
    filters.map((part, index) => planTree(part, `${place}.${word}.${index}`, plan))
  if (filter.or !== undefined) return { or: all(filter.or, 'or') }
  if (filter.and !== undefined) return { and: all(filter.and, 'and') }
  return plan(filter, place)
}

function dimensionOf(name: string, compiled: CompiledView): Filtered {
  const dimension = compiled.dimensions.find(candidate => candidate.name === name)
  if (dimension !== undefined) return dimension
  const names = compiled.dimensions.map(candidate => candidate.name)
  throw unknownName(
    'DIMENSION_UNKNOWN',
    'dimension',
    name,
    names,
    ` in view ${compiled.view.name} to filter by`,
  )
}

function measureOf(name: string, place: string, compiled: CompiledView): Filtered {
  const measures = [...compiled.measures, ...compiled.computed]
  const measure = measures.find(candidate => candidate.name === name)
  if (measure === undefined) {
    const names = measures.map(candidate => candidate.name)
    throw unknownName('MEASURE_UNKNOWN', 'measure', name, names, ` in view ${compiled.view.name}`)
  }
  const type = resultPhysicalType(measure.resultType)
  if (type !== undefined) return { name, type }
  throw new TwofoldError('FILTER_INVALID', `${place}: the measure ${name} is a list: no value is like it.`, {
    details: { field: place, measure: name },
  })
}

/** How many values an operator takes, and of which dimensions. */
interface OperatorRule {
  readonly values: 'none' | 'one' | 'some'
  readonly only?: 'text' | 'ordered'
}

const RULES: { readonly [O in FilterOperator]: OperatorRule } = {
  equals: { values: 'some' },
  notEquals: { values: 'some' },
  in: { values: 'some' },
  notIn: { values: 'some' },
  contains: { values: 'some', only: 'text' },
  startsWith: { values: 'some', only: 'text' },
  gt: { values: 'one', only: 'ordered' },
  gte: { values: 'one', only: 'ordered' },
  lt: { values: 'one', only: 'ordered' },
  lte: { values: 'one', only: 'ordered' },
  isNull: { values: 'none' },
  isNotNull: { values: 'none' },
}

/** Checks one filter; `place` is where it stands in the question. */
function planLeaf(
  filter: FilterRequest<'dimension' | 'measure'>,
  place: string,
  kind: string,
  filtered: Filtered,
  timeZone: string,
): ValueFilter {
  const op = FILTER_OPERATORS.find(candidate => candidate === filter.op)
  if (op === undefined) throw unknownName('OPERATOR_UNKNOWN', 'operator', filter.op!, FILTER_OPERATORS)
  const values = filter.values ?? []
  const refuse = refusal(place, kind, filtered, op)
  checkOperator(filtered, op, values.length, refuse)
  const isList = op === 'in' || op === 'notIn'
  const texts = values.flatMap(value => {
    if (value !== null) return [filterValue(value, filtered.type, timeZone, refuse)]
    if (isList) return []
    throw refuse(
      'null is not a value',
      'Use the operator isNull or isNotNull, or null among the values of in or notIn.',
    )
  })
  const sizeBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + QUOTES_BYTES, 0)
  if (sizeBytes > MAX_VALUES_BYTES) throw refuse(`its values are longer than ${MAX_VALUES_BYTES} bytes`)
  return { op, values: texts, ...(values.includes(null) && { withNull: true }) }
}

/** ClickHouse takes 128 KiB for one bound value, such as a list; quotes, commas and escapes count too. */
const MAX_VALUES_BYTES = 60_000
const QUOTES_BYTES = 3

function refusal(place: string, kind: string, { name, type }: Filtered, op: FilterOperator): Refuse {
  return (reason, hint) =>
    new TwofoldError(
      'FILTER_INVALID',
      `${place}: ${name} ${op}: ${reason} (the ${kind}'s type is ${type.family}).`,
      {
        details: { field: place, [kind]: name, op, type: type.family },
        ...(hint !== undefined && { hint }),
      },
    )
}

function checkOperator({ type }: Filtered, op: FilterOperator, count: number, refuse: Refuse): void {
  const rule = RULES[op]
  const { family } = type
  if (rule.only === 'text' && family !== 'text') throw refuse('it works on text only')
  if (rule.only === 'ordered' && family === 'bool') throw refuse('true and false have no order')
  if (rule.values === 'none' && count > 0) throw refuse(`it takes no values, got ${count}`)
  if (rule.values === 'one' && count !== 1) throw refuse(`it takes one value, got ${count}`)
  if (rule.values === 'some' && count === 0) throw refuse('it takes at least one value')
}
