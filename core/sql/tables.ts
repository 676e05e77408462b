import type { BoundView } from '../model/view.ts'
import { type CompiledView, stateColumns } from './compiled-view.ts'
import { SYNCED } from './synced.ts'
import { clickhouseName } from './text.ts'

/** The table of a view version's speed partials and markers. */
export function speedTable(view: Pick<BoundView, 'name' | 'version'>): string {
  return clickhouseName(`speed_${view.name}_${view.version}`)
}

/** The table of a view version's runs. */
export function batchTable(view: Pick<BoundView, 'name' | 'version'>): string {
  return clickhouseName(`batch_${view.name}_${view.version}`)
}

/** Kinds of rows in a speed table. */
export const SPEED_KIND = { partial: 0, marker: 1 } as const
/** Kinds of rows in a batch table. */
export const BATCH_KIND = { partial: 0, blockTally: 1, chunkTally: 2 } as const

/** The columns of a tally, in both tables; the digest of the accepted records is `__digest`, as in partials. */
export const TALLY_COLUMNS = [
  '__accepted',
  '__filtered',
  '__quarantined',
  '__skipped',
  '__lost',
  '__all_digest',
] as const

const TALLY_DEFINITIONS = TALLY_COLUMNS.map(name => `${name} ${determined('UInt64')}`).join(', ')

/**
 * A column that the key determines, so that merging rows of one key loses nothing. ClickHouse refuses plain columns
 * outside of the sort key.
 */
function determined(type: string): string {
  return `SimpleAggregateFunction(any, ${type})`
}

/**
 * How many inserts a marker comes from. If one were carried out twice, its partials would count twice while its equal
 * markers merged into one: this number would tell.
 */
const COPIES = '__copies SimpleAggregateFunction(sum, UInt64)'

/** Brings a speed table of an earlier version of Twofold up to date; changes nothing where there is nothing to do. */
export function upgradeSpeedTableSql(view: Pick<BoundView, 'name' | 'version'>): string {
  return `ALTER TABLE ${speedTable(view)} ADD COLUMN IF NOT EXISTS ${COPIES} AFTER __writer`
}

/**
 * Partials merge in the background by their key. Markers share the table, because one insert must carry both, and
 * never merge: their number, partition and start are in the key. A table is not partitioned, for an insert must
 * become one part.
 *
 * The base of its merges is higher than the default of 5: a micro-batch holds few rows that those of others would
 * merge with, so merging more parts at once, and each row less often, halves what ClickHouse spends on a load.
 */
export function createSpeedTableSql(compiled: CompiledView, deduplicationWindow: number): string {
  return `CREATE TABLE IF NOT EXISTS ${speedTable(compiled.view)} (
  __kind UInt8, __chain LowCardinality(String), __lane UInt16, __seq UInt64, __partition Int32, __block Int64,
  __start Int64, __end ${determined('Int64')}, __first ${determined('UInt8')}, __writer ${determined('String')},
  ${COPIES},
  ${TALLY_DEFINITIONS},
  __bucket Int64, ${dimensionColumns(compiled)}
  __records SimpleAggregateFunction(sum, UInt64), __digest SimpleAggregateFunction(sum, UInt64),
  ${stateDefinitions(compiled)}
) ENGINE = AggregatingMergeTree
ORDER BY (__kind, __chain, __lane, __seq, __partition, __block, __start, __bucket${dimensionKeys(compiled)})
SETTINGS allow_nullable_key = 1, merge_selector_base = 16, non_replicated_deduplication_window = ${deduplicationWindow}`
}

/**
 * Partials of all runs, by bucket and dimensions, so that a query's time range prunes. Rows of one run merge; rows
 * of different runs never do. Parts are synced before an insert is acknowledged: a pointer must not outlive its runs.
 */
export function createBatchTableSql(compiled: CompiledView, deduplicationWindow: number): string {
  return `CREATE TABLE IF NOT EXISTS ${batchTable(compiled.view)} (
  __kind UInt8, __run LowCardinality(String), __chunk UInt32, __partition Int32, __block Int64, ${TALLY_DEFINITIONS},
  __bucket Int64, ${dimensionColumns(compiled)}
  __records SimpleAggregateFunction(sum, UInt64), __digest SimpleAggregateFunction(sum, UInt64),
  ${stateDefinitions(compiled)}
) ENGINE = AggregatingMergeTree
ORDER BY (__kind, __bucket${dimensionKeys(compiled)}, __run, __chunk, __partition, __block)
SETTINGS allow_nullable_key = 1, non_replicated_deduplication_window = ${deduplicationWindow},
  ${SYNCED}`
}

function dimensionColumns(compiled: CompiledView): string {
  return compiled.dimensions
    .map(dimension => `${clickhouseName(dimension.name)} Nullable(${dimension.type.clickhouse}),`)
    .join(' ')
}

function dimensionKeys(compiled: CompiledView): string {
  return compiled.dimensions.map(dimension => `, ${clickhouseName(dimension.name)}`).join('')
}

function stateDefinitions(compiled: CompiledView): string {
  return stateColumns(compiled)
    .map(state => `${clickhouseName(state.name)} ${state.type}`)
    .join(', ')
}
