import type { Grain } from '../model/grain.ts'
import type { OffsetRange } from '../model/offsets.ts'
import type { BoundView } from '../model/view.ts'
import { type CompiledView, inputColumns, rowFields } from './compiled-view.ts'
import { duckdbName, duckdbString } from './text.ts'
import { elementsSql, eventKeys, isUnnested, wholeElement } from './unnest.ts'

/** Part of every view's version: raise it when a change here changes any result. */
export const FOLD_VERSION = 3

/*
 * The fold: the one text that computes a view's partials in DuckDB, for a micro-batch and for a segment alike.
 *
 * Its input is a relation with the stream's columns and
 *   `__partition` INTEGER, `__offset` BIGINT, `__hash` UBIGINT (of the record), `__accepted` BOOLEAN (by the decoder;
 *   NULL where it leaves the record out); where the stream leaves out duplicates, `__duplicate` BOOLEAN, which is the same
 *   for each of its views; and, where records hold several events, `__element` INTEGER, the number in it.
 * It goes in two steps: `judge` gives every record its verdict and evaluates all expressions, once and under TRY, so
 * that a failing one sets aside its record and nothing else; the partials and tallies are then plain aggregates.
 *
 * Each TRY stands in a branch of a CASE: elsewhere DuckDB computes a subexpression that stands twice ahead of the TRY,
 * where it fails the whole statement.
 */
/** What became of a record in a view. */
export const VERDICT = { accepted: 0, filtered: 1, undecodable: 2, failed: 3, skipped: 4 } as const

/** Judges the records of `relation` into the temporary table `judged`. */
export function judgeSql(compiled: CompiledView, relation: string, judged: string): string {
  const { view } = compiled
  const fields = [
    { name: '__bucket', sql: bucketSql(view.stream.time, view.grain) },
    ...compiled.dimensions,
    ...rowFields(compiled),
  ]
  const row = `TRY({${fields.map(field => `${duckdbString(field.name)}: ${field.sql}`).join(', ')}${wholeElement(view)}})`
  const passes =
    view.where === undefined
      ? `{'pass': true}`
      : `TRY({'pass': CAST((${view.where}) AS BOOLEAN)${wholeElement(view)}})`
  const unnested = isUnnested(view) ? view : undefined
  const tellsDuplicates = view.stream.deduplication !== undefined
  const rows = unnested === undefined ? relation : elementsSql(unnested, relation)
  const judgeable = [
    '__accepted',
    ...(tellsDuplicates ? ['NOT __duplicate'] : []),
    ...(unnested === undefined ? [] : ['__is_element']),
  ].join(' AND ')
  const skipped = tellsDuplicates ? `WHEN __duplicate THEN ${VERDICT.skipped} ` : ''
  const ofList = unnested === undefined ? '' : ONLY_ELEMENTS
  return `CREATE OR REPLACE TEMP TABLE ${judged} AS
WITH admitted AS (SELECT *, CASE WHEN ${judgeable} THEN ${passes} END AS __where FROM ${rows}),
projected AS (SELECT *, CASE WHEN __where.pass THEN ${row} END AS __row FROM admitted),
verdicts AS (SELECT *, CAST(CASE WHEN __accepted IS NULL THEN ${VERDICT.filtered} WHEN NOT __accepted THEN ${VERDICT.undecodable}
    ${skipped}${ofList}WHEN __where IS NULL THEN ${VERDICT.failed}
    WHEN __where.pass IS NOT TRUE THEN ${VERDICT.filtered} WHEN __row IS NULL THEN ${VERDICT.failed}
    ELSE ${VERDICT.accepted} END AS UTINYINT) AS __verdict FROM projected)
SELECT ${eventKeys(view)}, __offset - __offset % ${view.stream.blockSize} AS __block, __hash, __verdict,${unnested === undefined ? '' : ' __counts,'}
  ${fields.map(field => `__row.${duckdbName(field.name)} AS ${duckdbName(field.name)}`).join(', ')}
FROM ${unnested === undefined ? 'verdicts' : eventsOfElements(unnested)}`
}

/** A row that stands for an event without elements, or one whose list cannot be computed. */
const ONLY_ELEMENTS = `WHEN __list IS NULL THEN ${VERDICT.failed} WHEN NOT __is_element THEN ${VERDICT.filtered}
    `

/**
 * The verdicts of elements made those of their events: an event fails with any element, and is accepted with any that
 * passes; then the rows of those that do stay, and otherwise one for the event. `__counts` is true of one row of each.
 */
function eventsOfElements(view: BoundView): string {
  return `(SELECT * REPLACE (CASE WHEN __fails THEN ${VERDICT.failed} ELSE __verdict END AS __verdict),
    __position = CASE WHEN __fails THEN 1 ELSE coalesce(__first, 1) END AS __counts
  FROM (SELECT *, bool_or(__verdict = ${VERDICT.failed}) OVER event AS __fails,
      min(CASE WHEN __verdict = ${VERDICT.accepted} THEN __position END) OVER event AS __first
    FROM verdicts WINDOW event AS (PARTITION BY ${eventKeys(view)}))
  WHERE CASE WHEN __fails OR __first IS NULL THEN __position = 1 ELSE __verdict = ${VERDICT.accepted} END)`
}

/** The condition of rows that count as events, behind an aggregate over rows that are accepted; none where all do. */
function eventsFilter({ view }: CompiledView): string {
  return isUnnested(view) ? 'FILTER (WHERE __counts)' : ''
}

/** The rows of `judged` that count as events. */
function judgedEvents({ view }: CompiledView, judged: string): string {
  return isUnnested(view) ? `(FROM ${judged} WHERE __counts)` : judged
}

/** Partial rows of `judged`, by block (what the speed layer writes) or over all of it (what a run keeps). */
export function partialsSql(compiled: CompiledView, judged: string, by: 'block' | 'run'): string {
  const keys = [
    ...(by === 'block' ? ['__partition', '__block'] : []),
    '__bucket',
    ...compiled.dimensions.map(dimension => duckdbName(dimension.name)),
  ]
  const folds = inputColumns(compiled).map(input => `${input.fold} AS ${duckdbName(input.name)}`)
  return `SELECT CAST(0 AS UTINYINT) AS __kind, ${[
    ...keys,
    `CAST(count(*) ${eventsFilter(compiled)} AS UBIGINT) AS __records`,
    `${digestSql('__hash', eventsFilter(compiled))} AS __digest`,
    ...folds,
  ].join(', ')}
FROM ${judged} WHERE __verdict = ${VERDICT.accepted} GROUP BY ${keys.join(', ')}`
}

/** Counts and digests of `judged` per (partition, block). */
export function talliesSql(compiled: CompiledView, judged: string): string {
  const count = (...verdicts: number[]) =>
    `CAST(count(*) FILTER (WHERE __verdict IN (${verdicts.join(', ')})) AS UBIGINT)`
  return `SELECT __partition, __block, ${count(VERDICT.accepted)} AS __accepted, ${count(VERDICT.filtered)} AS __filtered,
  ${count(VERDICT.undecodable, VERDICT.failed)} AS __quarantined, ${count(VERDICT.skipped)} AS __skipped, ${digestSql('__hash')} AS __all_digest,
  ${digestSql('__hash', `FILTER (WHERE __verdict = ${VERDICT.accepted})`)} AS __digest
FROM ${judgedEvents(compiled, judged)} GROUP BY __partition, __block`
}

/** A range to be recorded by a marker; it lies within one block. */
export interface MarkerRange extends OffsetRange {
  readonly block: number
  /** The first marker of its partition in the chain. */
  readonly first: boolean
  /** Offsets of the range that were declared lost. */
  readonly lost: number
}

/** What the speed layer hands over in one insert: the partials of `judged` and a marker for each range. */
export function speedRowsSql(compiled: CompiledView, judged: string, ranges: readonly MarkerRange[]): string {
  const values = ranges.map(
    range =>
      `(${range.partition}, ${range.block}, ${range.start}, ${range.end}, ${range.first ? 1 : 0}, ${range.lost})`,
  )
  return `${partialsSql(compiled, judged, 'block')}
UNION ALL BY NAME
SELECT CAST(1 AS UTINYINT) AS __kind, CAST(r.__partition AS INTEGER) AS __partition, CAST(r.__block AS BIGINT) AS __block,
  CAST(r.__start AS BIGINT) AS __start, CAST(r.__end AS BIGINT) AS __end, CAST(r.__first AS UTINYINT) AS __first,
  CAST(r.__lost AS UBIGINT) AS __lost,
  t.__accepted, t.__filtered, t.__quarantined, t.__skipped, t.__all_digest, t.__digest
FROM (VALUES ${values.join(', ')}) r(__partition, __block, __start, __end, __first, __lost)
LEFT JOIN (${talliesSql(compiled, judged)}) t ON t.__partition = r.__partition AND t.__block = r.__block AND r.__end > r.__start`
}

/**
 * What a batch job hands over for one chunk of a run: the partials, the tally of each block (kind 1), and the
 * chunk's own tally (kind 2), which says that the chunk is there whole. `lost` are the chunk's ranges that were
 * declared lost.
 */
export function runRowsSql(
  compiled: CompiledView,
  judged: string,
  lost: readonly OffsetRange[] = [],
): string {
  const isWhole = lost.length === 0
  return `WITH tallies AS MATERIALIZED (${isWhole ? talliesSql(compiled, judged) : talliesWithLostSql(compiled, judged, lost)})
${partialsSql(compiled, judged, 'run')}
UNION ALL BY NAME
SELECT CAST(1 AS UTINYINT) AS __kind, * FROM tallies
UNION ALL BY NAME
SELECT CAST(2 AS UTINYINT) AS __kind, CAST(coalesce(sum(__accepted), 0) AS UBIGINT) AS __accepted,
  CAST(coalesce(sum(__filtered), 0) AS UBIGINT) AS __filtered, CAST(coalesce(sum(__quarantined), 0) AS UBIGINT) AS __quarantined, CAST(coalesce(sum(__skipped), 0) AS UBIGINT) AS __skipped,
  ${digestSql('__all_digest')} AS __all_digest, ${digestSql('__digest')} AS __digest${isWhole ? '' : ', CAST(sum(__lost) AS UBIGINT) AS __lost'}
FROM tallies`
}

/** The tallies with what was lost of each block; also of blocks of which nothing else is there. */
function talliesWithLostSql(compiled: CompiledView, judged: string, lost: readonly OffsetRange[]): string {
  const { blockSize } = compiled.view.stream
  const ranges = lost.map(({ partition, start, end }) => `(${partition}, ${start}, ${end})`)
  const sum = (column: string) => `CAST(coalesce(sum(${column}), 0) AS UBIGINT) AS ${column}`
  return `SELECT __partition, __block, ${['__accepted', '__filtered', '__quarantined', '__skipped', '__lost'].map(sum).join(', ')},
  ${digestSql('__all_digest')} AS __all_digest, ${digestSql('__digest')} AS __digest
FROM (${talliesSql(compiled, judged)} UNION ALL BY NAME
  SELECT p AS __partition, k AS __block, least(e, k + ${blockSize}) - greatest(s, k) AS __lost
  FROM (SELECT *, unnest(range(s - s % ${blockSize}, e, ${blockSize})) AS k
    FROM (SELECT CAST(p AS INTEGER) AS p, CAST(s AS BIGINT) AS s, CAST(e AS BIGINT) AS e FROM (VALUES ${ranges.join(', ')}) r(p, s, e))))
GROUP BY __partition, __block`
}

/** The events on which an expression of the view failed: their offsets, and, of several in a record, their numbers. */
export function failedSql({ view }: CompiledView, judged: string): string {
  const keys = eventKeys(view)
  return `SELECT ${keys} FROM ${judged} WHERE __verdict = ${VERDICT.failed} ORDER BY ${keys}`
}

/**
 * Σ mod 2^64: DuckDB sums in 128 bits, ClickHouse wraps at 64, and the lower half is where both agree. DuckDB masks
 * many times faster than it divides.
 */
function digestSql(column: string, filter = ''): string {
  return `CAST(coalesce(sum(${column}) ${filter}, 0) & 18446744073709551615::HUGEINT AS UBIGINT)`
}

/** The start of an event's time bucket in seconds since 1970. */
function bucketSql(timeColumn: string, grain: Grain): string {
  return `epoch_us(date_trunc('${grain}', ${duckdbName(timeColumn)})) // 1000000`
}
