import { TwofoldError } from '../model/errors.ts'
import type { MeasureDefinition, MeasureKind } from '../model/measure.ts'
import type { BoundMeasure, BoundView } from '../model/view.ts'
import { castToPhysical, type PhysicalType, physicalType } from './physical-type.ts'
import { duckdbName } from './text.ts'

/**
 * What follows from one measure, as text for both engines. The fold computes input columns from row fields
 * (expressions evaluated once per record, under TRY); ClickHouse turns inputs into states, stores and merges
 * these, and finishes the value.
 */
export interface CompiledMeasure extends MeasureParts {
  readonly name: string
  /** Expressions evaluated per record. Where one fails, the record is quarantined for the view. */
  readonly rowFields: readonly RowField[]
}

export interface MeasureParts {
  readonly inputs: readonly InputColumn[]
  readonly states: readonly StateColumn[]
  /** The finished value: a ClickHouse aggregate over states. */
  readonly finish: string
  /** ClickHouse type of the finished value. */
  readonly resultType: string
}

export interface RowField {
  readonly name: string
  readonly sql: string
  /** Of a field that fails where its value is too large for the measure. */
  readonly bound?: SizeBound
}

/** How large a value may be that a measure takes. */
export interface SizeBound {
  /** The value's size must be below this: a number as text. */
  readonly limit: string
  /** The value itself, too large or not. */
  readonly sql: string
  /** What is taken, in words, and what to do with more. */
  readonly says: string
}

/** One column of the neutral partial that both layers hand to ClickHouse. */
export interface InputColumn {
  readonly name: string
  /** DuckDB aggregate over the row fields. */
  readonly fold: string
  /** ClickHouse type in which the column is read; it must allow for NULL or have an empty value. */
  readonly type: string
}

/** One column of the table, merged by ClickHouse. */
export interface StateColumn {
  readonly name: string
  readonly type: string
  /** ClickHouse expression over the input columns. */
  readonly from: string
}

/** What the compilers of all kinds share: the fields of a record that the measure reads, and their types. */
export interface MeasureContext<M extends MeasureDefinition = MeasureDefinition> {
  readonly measure: M
  readonly name: string
  /** Of what the kind keeps: see `BoundMeasure`. */
  readonly revision: number
  /** Of `expression` and of `by`; only there where the measure has them. */
  readonly value: PhysicalType
  readonly by: PhysicalType
  readonly rowFields: readonly RowField[]
  /** The quoted name of the row field that holds the measure's expression or its `by`. */
  row(field: 'value' | 'by'): string
  /** The `FILTER (WHERE …)` of an aggregate: the measure's filter and the conditions given. */
  filter(...conditions: string[]): string
  input(suffix: string, fold: string, type: string): InputColumn
  state(suffix: string, type: string, from: string): StateColumn
}

/**
 * The names of a view's columns. What several measures have in common is evaluated, handed over and stored once: it
 * goes by the name of the first measure that needs it.
 */
export class SharedColumns {
  readonly #names = new Map<string, string>()
  /** Digits that a value may have, so that no fold's sum overflows. */
  readonly summedDigits: number

  constructor(view?: Pick<BoundView, 'unnest' | 'stream'>) {
    const areMany = view?.unnest !== undefined || view?.stream.framing !== undefined
    this.summedDigits = areMany ? SUMMED_DIGITS_OF_ELEMENTS : SUMMED_DIGITS
  }

  /** The name of the column that holds `content`: `name`, or that of an equal one before it. */
  nameOf(content: string, name: string): string {
    const known = this.#names.get(content)
    if (known === undefined) this.#names.set(content, name)
    return known ?? name
  }
}

/** The context of a measure; on its own where no others of its view are `shared` with it. */
export function contextOf(bound: BoundMeasure, shared = new SharedColumns()): MeasureContext {
  const { name, measure, revision = 0 } = bound
  const type = (duckdbType: string | undefined) =>
    duckdbType === undefined ? NO_TYPE : physicalOrRaise(name, duckdbType)
  const [value, by] = [type(bound.type), type(bound.byType)]
  const column = (suffix: string, ...content: string[]) =>
    shared.nameOf(content.join('\n'), `${name}__${suffix}`)
  const limit = 'expression' in measure ? sizeBound(measure, value, shared.summedDigits) : undefined
  const rowFields = Object.entries({
    ...(measure.filter !== undefined && { filter: `CAST((${measure.filter}) AS BOOLEAN)` }),
    ...('expression' in measure && { value: valueSql(measure.expression, value, limit) }),
    ...('by' in measure && { by: castToPhysical(measure.by, by) }),
  }).map(([field, sql]) => ({
    field,
    name: column(field, 'row', sql),
    sql,
    ...(field === 'value' && limit !== undefined && { bound: limit }),
  }))
  const row = (field: string) => duckdbName(rowFields.find(candidate => candidate.field === field)!.name)
  return {
    measure,
    name,
    revision,
    value,
    by,
    rowFields,
    row,
    filter: (...conditions) => {
      const all = measure.filter === undefined ? conditions : [row('filter'), ...conditions]
      return all.length === 0 ? '' : ` FILTER (WHERE ${all.join(' AND ')})`
    },
    input: (suffix, fold, type) => ({ name: column(suffix, 'input', fold, type), fold, type }),
    state: (suffix, type, from) => ({ name: column(suffix, 'state', type, from), type, from }),
  }
}

/** The count of the records that `fold` counts, and its finished value. */
export function countParts(
  context: MeasureContext,
  fold: string,
): Pick<MeasureParts, 'inputs' | 'states' | 'finish'> {
  const input = context.input('count', `CAST(${fold} AS UBIGINT)`, 'UInt64')
  const state = context.state('count', 'SimpleAggregateFunction(sum, UInt64)', input.name)
  return { inputs: [input], states: [state], finish: `sum(${state.name})` }
}

/** Raises unless the measure's expression is a number. */
export function assertNumeric(context: MeasureContext): void {
  const { name, measure, value } = context
  if (['integer', 'decimal', 'double'].includes(value.family)) return
  const expression = 'expression' in measure ? measure.expression : ''
  throw new TwofoldError(
    'EXPRESSION_INVALID',
    `measures.${name}: the expression "${expression}" is of type ${value.duckdb}; ${measure.kind} takes numbers.`,
    { details: { field: `measures.${name}`, expression, type: value.duckdb } },
  )
}

/** The most records that one fold may take. */
export const MAX_FOLD_RECORDS = 2 ** 22

/**
 * Values below 10^31 (unscaled), of which a fold sums at most 2^22, can never overflow the 38 digits of DuckDB's
 * sum. A wider value fails its record, not the batch, and none is rounded.
 */
const SUMMED_DIGITS = 31
/** Where each record may have many events, or elements: a fold has memory for fewer than 10^10 of them. */
const SUMMED_DIGITS_OF_ELEMENTS = 28

/** The same for the squares of a variance, which are summed in halves of as many digits. */
const SQUARED_PRECISION = 30
/** Of doubles, 10^27 squares below this cannot overflow. */
const SQUARED_DOUBLE = '1e140'

/** How large a value may be, where its type could hold a larger one. */
function sizeBound(
  { kind, expression }: MeasureDefinition & { readonly expression: string },
  type: PhysicalType,
  summedDigits: number,
): SizeBound | undefined {
  const most = MOST_DIGITS[kind]
  if (most === undefined) return undefined
  const digits = Math.min(most, summedDigits)
  const sql = castToPhysical(expression, type)
  const precision = Number(/^DECIMAL\((\d+),/.exec(type.duckdb)?.[1])
  if (type.family === 'decimal' && precision > digits) {
    const says = `${kind} takes decimals of up to ${digits} digits, those behind the point included; cast the expression to a DECIMAL of fewer digits behind the point, or to DOUBLE`
    return { limit: powerOfTen(digits - type.scale), sql, says }
  }
  if (type.family !== 'double' || most !== SQUARED_PRECISION) return undefined
  return {
    limit: SQUARED_DOUBLE,
    sql,
    says: `${kind} takes doubles below ${SQUARED_DOUBLE}; divide the expression`,
  }
}

const MOST_DIGITS: Partial<Readonly<Record<MeasureKind, number>>> = {
  sum: SUMMED_DIGITS,
  avg: SUMMED_DIGITS,
  variance: SQUARED_PRECISION,
  stddev: SQUARED_PRECISION,
}

function powerOfTen(exponent: number): string {
  return exponent >= 0 ? `1${'0'.repeat(exponent)}` : `0.${'0'.repeat(-exponent - 1)}1`
}

/** A measure's expression, evaluated: failing where the value is too large for it. */
function valueSql(expression: string, type: PhysicalType, bound: SizeBound | undefined): string {
  const value = castToPhysical(expression, type)
  if (bound === undefined) return value
  const isTooLarge = `abs(${value}) >= CAST('${bound.limit}' AS ${type.duckdb})`
  return `CASE WHEN ${isTooLarge} THEN CAST('too wide' AS ${type.duckdb}) ELSE ${value} END`
}

const NO_TYPE: PhysicalType = { duckdb: 'NULL', clickhouse: 'Nothing', family: 'text', scale: 0 }

function physicalOrRaise(name: string, type: string): PhysicalType {
  const physical = physicalType(type)
  if (physical) return physical
  throw new TwofoldError(
    'EXPRESSION_INVALID',
    `measures.${name}: an expression is of type ${type}, which Twofold cannot keep.`,
    {
      hint: 'Cast it to a number, text, date, timestamp or boolean.',
      details: { field: `measures.${name}`, type },
    },
  )
}
