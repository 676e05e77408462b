import type { DuckDBSession } from '../core/io/duckdb/session.ts'
import { failedSql, judgeSql, type MarkerRange, speedRowsSql } from '../core/sql/fold.ts'
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
