import type { MeasureKind, MeasureOf } from '../../core/model/measure.ts'
import type { BoundMeasure, BoundView } from '../../core/model/view.ts'
import { type CompiledView, rowFields } from '../../core/sql/compiled-view.ts'
import { isBelowEdge } from '../../core/sql/measure-counts.ts'
import { contextOf, type MeasureContext, SharedColumns } from '../../core/sql/measure-parts.ts'
import { duckdbName, duckdbString } from '../../core/sql/text.ts'
import { eventKeys, wholeElement } from '../../core/sql/unnest.ts'

/*
 * Each measure as an analyst would write it over the events, without partials, sketches or merges. Only what a value
 * is (the decoder and the cast of an expression) is shared with the layers; how values become an answer is not.
 */

/** A number of the answer, how plain SQL computes it, and how far apart the two may be. */
export interface Comparison {
  readonly measure: string
  /** The measure's name, with the level of a quantile. */
  readonly label: string
  /** Over a row of the answer. */
  readonly is: string
  /** An aggregate over the events that count. */
  readonly should: string
  /** `undefined` where the two must be equal. */
  readonly tolerance: Tolerance | undefined
}

export interface Tolerance {
  /** An aggregate: the size that a deviation is measured against. */
  readonly size: string
  /** The part of the size that a deviation may be. */
  readonly relative: number
  /** Over `size`: the greatest distance that is allowed. */
  readonly allowed: string
}

/**
 * The events of `events` that count, each with its place and hash, its bucket `t`, its dimensions `k0`, `k1`, … and the values of the
 * measures' expressions. An event on which any of them fails does not count.
 */
export function countedSql(compiled: CompiledView, events: string): string {
  const { view } = compiled
  const fields = [
    ...compiled.dimensions.map(({ sql }, index) => ({ name: `k${index}`, sql })),
    ...rowFields(compiled),
  ]
  // DuckDB knows no struct without a member, hence the zero.
  const values = fields.map(({ name, sql }) => `${duckdbString(name)}: ${sql}`)
  const bucket = `date_trunc('${view.grain}', ${duckdbName(view.stream.time)}) AS t`
  const evaluated = `${attempt(`{${["'_': 0", ...values].join(', ')}${wholeElement(view)}}`)} AS v`
  const columns = fields.map(({ name }) => `v.${duckdbName(name)} AS ${duckdbName(name)}`)
  const keys = eventKeys(view)
  const select = `SELECT ${[keys, '__hash', 't', ...columns].join(', ')}`
  if (view.unnest !== undefined)
    return `${elementsOf(view, view.unnest, events, [bucket, evaluated])}\n${select} FROM whole`
  const passes = view.where === undefined ? '__accepted' : attempt(`CAST((${view.where}) AS BOOLEAN)`)
  return `${select}
FROM (SELECT ${keys}, __hash, ${bucket}, ${evaluated} FROM ${events} WHERE ${passes})
WHERE v IS NOT NULL`
}

/** The elements that pass, of the events of which no element fails, as the relation `whole`. */
function elementsOf(
  view: BoundView,
  { name, expression }: NonNullable<BoundView['unnest']>,
  events: string,
  evaluated: readonly string[],
): string {
  const keys = eventKeys(view)
  return `WITH listed AS (SELECT *, ${attempt(`{'elements': (${expression})}`)} AS __list FROM ${events}),
elements AS (SELECT *, unnest(__list.elements) AS ${duckdbName(name)} FROM listed),
judged AS (SELECT ${keys}, __hash, ${evaluated.join(', ')}, ${attempt(`{'passes': CAST((${view.where ?? 'true'}) AS BOOLEAN)${wholeElement(view)}}`)} AS w FROM elements),
failing AS (SELECT DISTINCT ${keys} FROM judged WHERE w IS NULL OR (w.passes AND v IS NULL)),
whole AS (FROM judged ANTI JOIN failing USING (${keys}) WHERE w.passes)`
}

/** The relation of the events among rows of `countedSql`. */
export function countedEventsOf({ view }: CompiledView, counted: string): string {
  return view.unnest === undefined ? counted : `(SELECT DISTINCT ${eventKeys(view)}, __hash FROM ${counted})`
}

/** Without CASE, DuckDB computes a subexpression that stands twice ahead of TRY, where it fails the statement. */
function attempt(sql: string): string {
  return `CASE WHEN __accepted THEN TRY(${sql}) END`
}

/** What is to be compared of a view: each measure, and each level of its quantiles. */
export function comparisonsOf(compiled: CompiledView): Comparison[] {
  // Asked in the same order as when the view was compiled, it gives expressions the same names.
  const shared = new SharedColumns(compiled.view)
  return compiled.view.measures.flatMap((bound, index) =>
    comparisonsOfMeasure(contextOf(bound, shared), bound, `m${index}`),
  )
}

function comparisonsOfMeasure(context: MeasureContext, bound: BoundMeasure, column: string): Comparison[] {
  const plain = PLAIN[bound.measure.kind] as (context: MeasureContext) => PlainMeasure[]
  return plain(context).map(({ suffix = '', at = '', should, tolerance }) => ({
    measure: bound.name,
    label: `${bound.name}${suffix}`,
    is: `${column}${at}`,
    should,
    tolerance,
  }))
}

interface PlainMeasure {
  /** Behind the name, and behind the column of the answer. */
  readonly suffix?: string
  readonly at?: string
  readonly should: string
  readonly tolerance: Tolerance | undefined
}

/** Every kind of measure must be here: a new one does not compile until it is. */
const PLAIN: { readonly [K in MeasureKind]: (context: MeasureContext<MeasureOf<K>>) => PlainMeasure[] } = {
  count: context => [exactly(`count(*)${context.filter()}`)],
  sum: context => {
    const { value, family, where } = parts(context)
    if (family !== 'double') return [exactly(`sum(${value})${where}`)]
    return [closely(`fsum(${value})${where}`, `fsum(abs(${value}))${where}`, 1e-9)]
  },
  avg: context => {
    const { value, where } = parts(context)
    return [closely(`avg(${value})${where}`, `avg(abs(CAST(${value} AS DOUBLE)))${where}`, 1e-9)]
  },
  min: context => [exactly(`min(${parts(context).value})${parts(context).where}`)],
  max: context => [exactly(`max(${parts(context).value})${parts(context).where}`)],
  uniq: context => {
    const { value, where } = parts(context)
    const distinct = `count(DISTINCT ${value})${where}`
    return [closely(distinct, distinct, 0.02, 'greatest(1, 0.02 * size)')]
  },
  quantiles: quantilesOf,
  argMin: context => [exactly(valueOfFirst(context, 'ASC'))],
  argMax: context => [exactly(valueOfFirst(context, 'DESC'))],
  uniqExact: context => [exactly(`count(DISTINCT ${parts(context).value})${parts(context).where}`)],
  variance: context => [spreadOf(context)],
  stddev: context => [spreadOf(context)],
  topK: context => {
    const { value, where } = parts(context)
    const counted = `map_entries(histogram(${value})${where})`
    const ranked = `list_sort(list_transform(${counted}, e -> {'n': -CAST(e.value AS BIGINT), 'v': e.key}))`
    return [exactly(`coalesce(${ranked}[1:${context.measure.k}], [])`)]
  },
  histogram: histogramOf,
  bitAnd: context => [exactly(`bit_and(${parts(context).value})${parts(context).where}`)],
  bitOr: context => [exactly(`bit_or(${parts(context).value})${parts(context).where}`)],
  bitXor: context => [exactly(`bit_xor(${parts(context).value})${parts(context).where}`)],
}

function exactly(should: string): PlainMeasure {
  return { should, tolerance: undefined }
}

function closely(
  should: string,
  size: string,
  relative: number,
  allowed = `${relative} * size`,
): PlainMeasure {
  return { should, tolerance: { size, relative, allowed } }
}

/**
 * One comparison for each level. The size is that of the larger of the two neighbours between which the value lies:
 * where they have opposite signs, the value itself may be anything.
 */
function quantilesOf(context: MeasureContext<MeasureOf<'quantiles'>>): PlainMeasure[] {
  const { family, scale, where } = parts(context)
  const value = `CAST(${parts(context).value} AS DOUBLE)`
  const halfUnit = family === 'double' ? 0 : 0.5 * 10 ** -scale
  return context.measure.levels.map((level, index) => {
    const neighbour = (round: string) =>
      `abs(list_sort(list(${value})${context.filter(`${value} IS NOT NULL`)})[1 + CAST(${round}(${level}::DOUBLE * (count(${value})${where} - 1)) AS BIGINT)])`
    const suffix = ` at ${level}`
    const at = context.measure.single ? '' : `[${index + 1}]`
    // Tables of before the first revision knew no least and no greatest value.
    if (context.revision > 0 && (level === 0 || level === 1)) {
      const extreme = `${level === 0 ? 'min' : 'max'}(${value})${where}`
      return { ...closely(extreme, `abs(${extreme})`, DECIMAL_ROUNDING), suffix, at }
    }
    const should = `quantile_cont(${value}, ${level})${where}`
    const size = `greatest(${neighbour('floor')}, ${neighbour('ceil')})`
    return {
      ...closely(should, size, 0.01, `0.01 * size + ${halfUnit}`),
      suffix,
      at,
    }
  })
}

/** Both engines divide a decimal's integer by a power of ten, to make a double of it. */
const DECIMAL_ROUNDING = 1e-15

/** As DuckDB has it of doubles, whose rounding grows with the size of the values, however small their spread is. */
function spreadOf(context: MeasureContext<MeasureOf<'variance' | 'stddev'>>): PlainMeasure {
  const { value, where } = parts(context)
  const { kind, population } = context.measure
  const double = `CAST(${value} AS DOUBLE)`
  const aggregate = (name: string) => `${name}_${population ? 'pop' : 'samp'}(${double})${where}`
  const greatest = `max(abs(${double}))${where}`
  const stddev = `${aggregate('stddev')} + 1e-5 * ${greatest}`
  if (kind === 'stddev') return closely(aggregate('stddev'), stddev, 1e-9)
  return closely(aggregate('var'), `(${stddev}) * (${stddev})`, 1e-9)
}

/** Events in each bucket. Integers and decimals are held against the edges as decimals, as the edges are written. */
function histogramOf(context: MeasureContext<MeasureOf<'histogram'>>): PlainMeasure[] {
  const { edges } = context.measure
  const value = context.row('value')
  const isBelow = (edge: number) => isBelowEdge(value, context.value, edge)
  const counts = [...edges, undefined].map((to, index) => {
    const from = edges[index - 1]
    const conditions = [
      `${value} IS NOT NULL`,
      ...(from === undefined ? [] : [`NOT (${isBelow(from)})`]),
      ...(to === undefined ? [] : [isBelow(to)]),
    ]
    return `count(*)${context.filter(...conditions)}`
  })
  return [exactly(`[${counts.join(', ')}]`)]
}

/** The value of the record that stands first by (by, value). */
function valueOfFirst(context: MeasureContext, direction: 'ASC' | 'DESC'): string {
  const [value, by] = [context.row('value'), context.row('by')]
  const known = context.filter(`${by} IS NOT NULL`, `${value} IS NOT NULL`)
  return `first(${value} ORDER BY ${by} ${direction}, ${value} ${direction})${known}`
}

function parts(context: MeasureContext) {
  return {
    value: context.row('value'),
    family: context.value.family,
    scale: context.value.scale,
    where: context.filter(),
  }
}
