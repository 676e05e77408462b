import type { ViewGeneration } from '../model/pointer.ts'
import type { DimensionFilter, FilterTree, MeasureFilter, ViewQuery } from '../model/query.ts'
import { bucketSql, bucketTablesSql, timeTextSql } from './bucket.ts'
import { cutSql } from './by-partition.ts'
import { type CompiledView, stateColumns } from './compiled-view.ts'
import type { AnsweredMeasure } from './computed.ts'
import { filledColumns, filledFrom } from './fill.ts'
import { conditionSql } from './filter.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from './tables.ts'
import { clickhouseName, clickhouseString } from './text.ts'

/** A statement with the values to bind. */
export interface Statement {
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
}

/** The name of the first column of every row: empty for rows of the answer, the facts of a coverage row otherwise. */
export const COVERAGE_COLUMN = '__coverage'

/**
 * The facts of a coverage row, in order; numbers as text. `source` is −1 for the chunks of the runs and the
 * partition for the speed layer's markers. `tiled` is 1 where the markers follow each other from `start` to `end`
 * without a gap or an overlap.
 */
export const COVERAGE_FACTS = [
  'source',
  'start',
  'end',
  'tiled',
  'accepted',
  'filtered',
  'quarantined',
  'skipped',
  'lost',
  'acceptedDigest',
] as const

/** Begins the message with which ClickHouse refuses a generation whose rows are being collected. */
export const COLLECTED = 'TWOFOLD_COLLECTED'

/**
 * The merged answer of one generation:
 *
 *     batch partials of its runs  ∪  speed partials of its chain in blocks at or above the cut
 *
 * in one SELECT, with runs and cut as literals, states merged once by the outermost GROUP BY. Markers and chunk
 * tallies are read in the same scan and grouped apart, so that what an answer says of its coverage is of the very
 * snapshot that the answer is made of.
 */
export function mergeSql(
  compiled: CompiledView,
  generation: ViewGeneration,
  seq: number,
  query: ViewQuery,
): Statement {
  const params: Record<string, unknown> = {}
  const dataFilter = filterSql(compiled, query, params)
  const dimensions = query.dimensions.map(clickhouseName)
  const { buckets } = query
  const time = buckets === undefined ? [] : [bucketSql(buckets, compiled.view.grain)]
  const keys = ['__source', ...time.map(() => '__time'), ...dimensions]
  const measures = query.measures.map(name => answeredMeasure(compiled, name))
  const having = havingSql(compiled, query, params)
  const selected = [
    `if(__source = 0, [], ${coverageSql()}) AS ${COVERAGE_COLUMN}`,
    ...time.map(() => `${timeTextSql(buckets!)} AS time`),
    ...dimensions,
    ...measures.map(measure => `${finishSql(compiled, query, measure)} AS ${clickhouseName(measure.name)}`),
  ]
  const judged = measuresJudged(query).map(name => answeredMeasure(compiled, name))
  const states = stateColumns({ measures: [...measures, ...judged] })
  const { fill } = query
  const columns = [
    ...time.map(bucket => `${bucket} AS __time`),
    ...dimensions,
    ...(fill === undefined ? [] : ['toUInt8(0) AS __empty']),
    ...states.map(state => clickhouseName(state.name)),
  ]
  const union = (names: readonly string[]) => unionSql(compiled, generation, seq, names, dataFilter)
  const source = [
    union(columns),
    ...(keys.length === 1 ? [emptyRowSql(states)] : []),
    ...(fill === undefined
      ? []
      : [emptyRowSql(states, filledColumns(fill, dimensions)) + filledFrom(fill, dimensions, union)]),
  ]
  return {
    sql: `${buckets === undefined ? '' : bucketTablesSql(buckets)}SELECT ${selected.join(', ')}
FROM (
${source.join('\nUNION ALL\n')}
)
GROUP BY ${keys.join(', ')}${having}
ORDER BY __source != 0 DESC${orderSql(query, keys.slice(1))}
LIMIT ${query.offset + query.limit} BY __source`,
    params,
  }
}

function answeredMeasure(compiled: CompiledView, name: string): AnsweredMeasure {
  return [...compiled.measures, ...compiled.computed].find(measure => measure.name === name)!
}

/** The finished value of a measure, or what a bucket without events has in its place. */
function finishSql(
  compiled: CompiledView,
  { fill }: ViewQuery,
  { name, finish, resultType }: AnsweredMeasure,
): string {
  if (fill === undefined || resultType.startsWith('Array(')) return finish
  if (fill.value === 'null') return `if(min(__empty) = 1, NULL, ${finish})`
  const kind = compiled.view.measures.find(measure => measure.name === name)?.measure.kind
  return kind === 'sum' ? `if(min(__empty) = 1, CAST(0 AS ${resultType}), ${finish})` : finish
}

/** The measures that `having` names. */
function measuresJudged({ having }: ViewQuery): string[] {
  const namesOf = (tree: FilterTree<MeasureFilter>): string[] =>
    'or' in tree ? tree.or.flatMap(namesOf) : 'and' in tree ? tree.and.flatMap(namesOf) : [tree.measure]
  return having.flatMap(namesOf)
}

/** Coverage rows are no rows of the answer: no condition on these may remove them. */
function havingSql(compiled: CompiledView, query: ViewQuery, params: Record<string, unknown>): string {
  if (query.having.length === 0) return ''
  const filteredBy = ({ measure }: MeasureFilter) => {
    const answered = answeredMeasure(compiled, measure)
    const type = answered.resultType.replace(/^Nullable\((.*)\)$/, '$1')
    return { sql: `(${finishSql(compiled, query, answered)})`, type }
  }
  return `\nHAVING __source != 0 OR (${conditionSql({ and: query.having }, filteredBy, params)})`
}

function unionSql(
  compiled: CompiledView,
  generation: ViewGeneration,
  seq: number,
  columns: readonly string[],
  dataFilter: string,
): string {
  const guard = `throwIf((SELECT max(floor_seq) FROM collections) > ${seq}, '${COLLECTED}') = 0`
  const list = (items: readonly string[]) => items.map(item => `, ${item}`).join('')
  const speed = `SELECT toInt32(if(__kind = ${SPEED_KIND.partial}, 0, __partition + 1)) AS __source, __start, __end, __copies,
  __accepted, __filtered, __quarantined, __skipped, __lost, __digest${list(columns)}
FROM ${speedTable(compiled.view)}
WHERE __chain = ${clickhouseString(generation.chain)} AND (__kind = ${SPEED_KIND.marker} OR ${dataFilter}) AND __block >= ${cutSql(generation.cut)} AND ${guard}`
  if (generation.runs.length === 0) return speed
  const runs = generation.runs.map(run => clickhouseString(run.id)).join(', ')
  return `SELECT toInt32(if(__kind = ${BATCH_KIND.partial}, 0, -1)) AS __source, toInt64(0) AS __start, toInt64(0) AS __end, toUInt64(0) AS __copies,
  __accepted, __filtered, __quarantined, __skipped, __lost, __digest${list(columns)}
FROM ${batchTable(compiled.view)}
WHERE __run IN (${runs}) AND (__kind = ${BATCH_KIND.chunkTally} OR (__kind = ${BATCH_KIND.partial} AND ${dataFilter})) AND ${guard}
UNION ALL
${speed}`
}

/** Without time and dimensions there is always one row, as in SQL: the measures of nothing if need be. */
function emptyRowSql(
  states: readonly { name: string; type: string }[],
  others: readonly string[] = [],
): string {
  const columns = states.map(
    state =>
      `defaultValueOfTypeName(${clickhouseString(plainType(state.type))}) AS ${clickhouseName(state.name)}`,
  )
  const zeros = [
    '__start',
    '__end',
    '__copies',
    '__accepted',
    '__filtered',
    '__quarantined',
    '__skipped',
    '__lost',
    '__digest',
  ]
  const facts = zeros.map(name => `0 AS ${name}`)
  return `SELECT toInt32(0) AS __source, ${[...facts, ...others, ...columns].join(', ')}`
}

function plainType(type: string): string {
  return /^SimpleAggregateFunction\(\w+, (.*)\)$/.exec(type)?.[1] ?? type
}

/**
 * Ranges make one path from the least start to the greatest end exactly if every other end is another's start. Then
 * all hashes but those two cancel out, mod 2^64. Equal ranges that have been merged tell of it themselves.
 */
export const TILED =
  'sum(cityHash64(__end)) - sum(cityHash64(__start)) = cityHash64(max(__end)) - cityHash64(min(__start)) AND max(__copies) <= 1'

function coverageSql(): string {
  const facts: Record<(typeof COVERAGE_FACTS)[number], string> = {
    source: 'if(__source < 0, -1, __source - 1)',
    start: 'min(__start)',
    end: 'max(__end)',
    tiled: TILED,
    accepted: 'sum(__accepted)',
    filtered: 'sum(__filtered)',
    quarantined: 'sum(__quarantined)',
    skipped: 'sum(__skipped)',
    lost: 'sum(__lost)',
    acceptedDigest: 'sum(__digest)',
  }
  return `[${COVERAGE_FACTS.map(fact => `toString(${facts[fact]})`).join(', ')}]`
}

function filterSql(compiled: CompiledView, query: ViewQuery, params: Record<string, unknown>): string {
  const conditions: string[] = []
  if (query.fromSeconds !== undefined) {
    params['from'] = query.fromSeconds
    conditions.push('__bucket >= {from:Int64}')
  }
  if (query.toSeconds !== undefined) {
    params['to'] = query.toSeconds
    conditions.push('__bucket < {to:Int64}')
  }
  const filteredBy = ({ dimension }: DimensionFilter) => ({
    sql: clickhouseName(dimension),
    type: compiled.dimensions.find(({ name }) => name === dimension)!.type.clickhouse,
  })
  for (const filter of query.filters) conditions.push(conditionSql(filter, filteredBy, params))
  return conditions.length === 0 ? '1' : `(${conditions.map(condition => `(${condition})`).join(' AND ')})`
}

function orderSql(query: ViewQuery, keys: readonly string[]): string {
  const asked = query.order.map(
    ({ by, desc }) => `${by === 'time' ? '__time' : clickhouseName(by)} ${desc ? 'DESC' : 'ASC'} NULLS LAST`,
  )
  // The keys at the end make the order total, so that pages neither repeat nor lose rows.
  return [...asked, ...keys.map(key => `${key} ASC NULLS LAST`)].map(item => `, ${item}`).join('')
}
