import { unknownName } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type DimensionFilter, FILTER_OPERATORS, type FilterOperator } from '../../core/model/query.ts'
import type { CompiledDimension, CompiledView } from '../../core/sql/compiled-view.ts'
import { type FilterValue, filterValue, type Refuse } from './filter-value.ts'

interface FilterRequest {
  readonly dimension: string
  readonly op: string
  readonly values?: readonly (FilterValue | null)[]
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
export function planFilter(
  filter: FilterRequest,
  place: string,
  compiled: CompiledView,
  timeZone: string,
): DimensionFilter {
  const dimension = compiled.dimensions.find(candidate => candidate.name === filter.dimension)
  if (dimension === undefined) {
    const names = compiled.dimensions.map(candidate => candidate.name)
    throw unknownName(
      'DIMENSION_UNKNOWN',
      'dimension',
      filter.dimension,
      names,
      ` in view ${compiled.view.name} to filter by`,
    )
  }
  const op = FILTER_OPERATORS.find(candidate => candidate === filter.op)
  if (op === undefined) throw unknownName('OPERATOR_UNKNOWN', 'operator', filter.op, FILTER_OPERATORS)
  const values = filter.values ?? []
  const refuse = refusal(place, dimension, op)
  checkOperator(dimension, op, values.length, refuse)
  const texts = values.map(value => {
    if (value === null) throw refuse('null is not a value', 'Use the operator isNull or isNotNull.')
    return filterValue(value, dimension.type, timeZone, refuse)
  })
  const sizeBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + QUOTES_BYTES, 0)
  if (sizeBytes > MAX_VALUES_BYTES) throw refuse(`its values are longer than ${MAX_VALUES_BYTES} bytes`)
  return { dimension: dimension.name, op, values: texts }
}

/** ClickHouse takes 128 KiB for one bound value, such as a list; quotes, commas and escapes count too. */
const MAX_VALUES_BYTES = 60_000
const QUOTES_BYTES = 3

function refusal(place: string, dimension: CompiledDimension, op: FilterOperator): Refuse {
  return (reason, hint) =>
    new TwofoldError(
      'FILTER_INVALID',
      `${place}: ${dimension.name} ${op}: ${reason} (the dimension's type is ${dimension.type.family}).`,
      {
        details: { field: place, dimension: dimension.name, op, type: dimension.type.family },
        ...(hint !== undefined && { hint }),
      },
    )
}

function checkOperator(
  dimension: CompiledDimension,
  op: FilterOperator,
  count: number,
  refuse: Refuse,
): void {
  const rule = RULES[op]
  const { family } = dimension.type
  if (rule.only === 'text' && family !== 'text') throw refuse('it works on text only')
  if (rule.only === 'ordered' && family === 'bool') throw refuse('true and false have no order')
  if (rule.values === 'none' && count > 0) throw refuse(`it takes no values, got ${count}`)
  if (rule.values === 'one' && count !== 1) throw refuse(`it takes one value, got ${count}`)
  if (rule.values === 'some' && count === 0) throw refuse('it takes at least one value')
}
