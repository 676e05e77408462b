import type { EventBatch } from '../core/decode/event-batch.ts'
import type { DuckDBSession } from '../core/io/duckdb/session.ts'
import type { RawRecord } from '../core/model/record.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import { failedSql, judgeSql, type MarkerRange, speedRowsSql } from '../core/sql/fold.ts'
import { elementsSql, eventKeys, isUnnested, wholeElement } from '../core/sql/unnest.ts'
import type { QuarantinedRecord } from './quarantine.ts'
import type { ReadEvents } from './read-ahead.ts'
import { nextRanges, type ReadRanges, unseenSql, type ViewCursor } from './view-cursor.ts'

/** One view's share of a micro-batch: what its next insert carries. */
export interface FoldedView {
  readonly cursor: ViewCursor
  readonly ranges: readonly MarkerRange[]
  /** Parquet of partials and markers. */
  readonly rows: Uint8Array
  /** Events on which an expression of the view failed. */
  readonly failed: readonly FailedEvent[]
}

interface FailedEvent {
  readonly partition: number
  readonly offset: number
  /** Its number in the record, where that holds several. */
  readonly element: number | undefined
}

/**
 * Makes a micro-batch DuckDB's table `events`. DuckDB reads decoded columns piece by piece on this thread; of a table
 * of its own it reads on its threads, once for each view, while this one decodes what comes next.
 */
export async function loadEvents(
  session: DuckDBSession,
  [first, ...others]: ReadEvents['batches'],
): Promise<void> {
  // Dropped first: replaced, the old micro-batch would take memory until the new one is there.
  await session.run('DROP TABLE IF EXISTS events')
  await session.load('fetched', first.columns, ...others.map(({ columns }) => columns))
  await session.run('CREATE TEMP TABLE events AS FROM fetched')
}

/** Folds the loaded micro-batch for one view; `undefined` where the view has all of it already. */
export async function foldView(
  session: DuckDBSession,
  cursor: ViewCursor,
  read: ReadRanges,
): Promise<FoldedView | undefined> {
  const ranges = nextRanges(cursor, read)
  if (ranges.length === 0) return undefined
  const unseen = unseenSql(cursor, read)
  const relation = unseen === undefined ? 'events' : `(SELECT * FROM events WHERE ${unseen})`
  await session.run(judgeSql(cursor.compiled, relation, 'judged'))
  const { name, version } = cursor.compiled.view
  const rows = await session.copyToParquet(speedRowsSql(cursor.compiled, 'judged', ranges), {
    ...ONE_ROW_GROUP,
    shape: `${name}@${version}`,
  })
  const failed = await session.rows<{ __partition: number; __offset: bigint; __element?: number }>(
    failedSql(cursor.compiled, 'judged'),
  )
  return {
    cursor,
    ranges,
    rows,
    failed: failed.map(row => ({
      partition: row.__partition,
      offset: Number(row.__offset),
      element: row.__element,
    })),
  }
}

/** One row group becomes one block becomes one part. */
const ONE_ROW_GROUP = { compression: 'lz4', rowGroupSize: 2 ** 20 } as const

/** The records on which expressions of a view failed, each with the first field that does. */
export async function explainFailures(
  session: DuckDBSession,
  stream: StreamDefinition,
  batches: readonly EventBatch[],
  folded: FoldedView,
): Promise<QuarantinedRecord[]> {
  const { view } = folded.cursor.compiled
  const fields = expressionsOf(folded.cursor.compiled)
  const wanted = folded.failed
    .map(({ partition, offset, element }) =>
      element === undefined ? `(${partition}, ${offset})` : `(${partition}, ${offset}, ${element})`,
    )
    .join(', ')
  const rows = await session.rows<Record<string, unknown>>(
    failuresSql(folded.cursor.compiled, fields, wanted),
  )
  const records = new Map<string, RawRecord>(
    batches.flatMap(events =>
      events.records.map((record, row) => [`${events.partitions[row]}/${record.offset}`, record]),
    ),
  )
  return rows.map(row => {
    const field = fields.find((_, index) => row[`f${index}`] === true)?.field ?? 'where'
    return {
      partition: Number(row['__partition']),
      record: records.get(`${row['__partition']}/${row['__offset']}`)!,
      view: { name: view.name, version: view.version },
      reason: 'expression_failed',
      element: row['__element'] as number | undefined,
      field,
      detail: `${field} of view ${view.name} fails on this event of stream ${stream.topic}`,
    }
  })
}

/** Which of the fields fail on each of the `wanted` events, or on any of its elements. */
function failuresSql(
  { view }: CompiledView,
  fields: readonly { readonly sql: string }[],
  wanted: string,
): string {
  // Without CASE, DuckDB computes a subexpression that stands twice ahead of TRY, where it fails the statement.
  const whole = wholeElement(view)
  const fails = (sql: string, condition: string) =>
    `CASE WHEN ${condition} THEN TRY({'v': ${sql}${whole}}) END IS NULL`
  const relation = `(SELECT * FROM events WHERE (${eventKeys(view)}) IN (${wanted}))`
  if (!isUnnested(view)) {
    const columns = fields.map(({ sql }, index) => `${fails(sql, '__accepted')} AS f${index}`)
    return `SELECT ${eventKeys(view)}, ${columns.join(', ')} FROM ${relation}`
  }
  // An element that does not pass is asked nothing more, and one that is not there nothing at all.
  const passes = `coalesce((CASE WHEN __is_element THEN TRY({'pass': CAST((${view.where ?? 'true'}) AS BOOLEAN)${whole}}) END).pass, false)`
  const columns = fields.map(({ sql }, index) => {
    const isAsked = index === 0 ? '__accepted' : sql === whereSql(view.where) ? '__is_element' : passes
    return `bool_or(${isAsked} AND ${fails(sql, isAsked)}) AS f${index}`
  })
  return `SELECT ${eventKeys(view)}, ${columns.join(', ')} FROM ${elementsSql(view, relation)} GROUP BY ${eventKeys(view)}`
}

function whereSql(where: string | undefined): string | undefined {
  return where && `CAST((${where}) AS BOOLEAN)`
}

/** Every expression that is evaluated for a record, by the place where it is declared. */
function expressionsOf(compiled: CompiledView): { field: string; sql: string }[] {
  const { view } = compiled
  return [
    ...(view.unnest === undefined
      ? []
      : [{ field: `unnest.${view.unnest.name}`, sql: view.unnest.expression }]),
    ...(view.where === undefined ? [] : [{ field: 'where', sql: whereSql(view.where)! }]),
    ...compiled.dimensions.map(({ name, sql }) => ({ field: `dimensions.${name}`, sql })),
    ...compiled.measures.flatMap(({ name, rowFields }) =>
      rowFields.map(({ sql }) => ({ field: `measures.${name}`, sql })),
    ),
  ]
}
