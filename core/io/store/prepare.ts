import { TwofoldError } from '../../model/errors.ts'
import type { BoundView } from '../../model/view.ts'
import { compileView } from '../../sql/compiled-view.ts'
import { SYSTEM_TABLES, TABLES_FORMAT } from '../../sql/system-tables.ts'
import { createBatchTableSql, createSpeedTableSql } from '../../sql/tables.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { saveDefinitions } from './definition-store.ts'

/** How many inserts back ClickHouse remembers deduplication tokens in a view's tables. */
export const DEDUPLICATION_WINDOW = 10_000

/**
 * Creates what is missing of the system's tables and of the views', and keeps the views' definitions.
 * Any number of processes may do so at once. @throws FORMAT_UNSUPPORTED for tables of another version of Twofold
 */
export async function prepareTables(
  clickhouse: ClickHouse,
  views: readonly BoundView[],
  deduplicationWindow = DEDUPLICATION_WINDOW,
): Promise<void> {
  for (const statement of SYSTEM_TABLES) await clickhouse.command(statement)
  await clickhouse.command(
    `INSERT INTO meta SELECT 'format', {format:String} WHERE (SELECT count() FROM meta WHERE key = 'format') = 0`,
    { params: { format: String(TABLES_FORMAT) }, settings: { insert_deduplication_token: 'format' } },
  )
  const rows = await clickhouse.rows<{ value: string }>(`SELECT value FROM meta WHERE key = 'format'`)
  const found = rows[0]?.value
  if (found !== undefined && found !== String(TABLES_FORMAT)) {
    throw new TwofoldError(
      'FORMAT_UNSUPPORTED',
      `The tables in ClickHouse have format ${found}; this version of Twofold uses format ${TABLES_FORMAT}.`,
    )
  }
  for (const view of views) {
    const compiled = compileView(view)
    await clickhouse.command(createSpeedTableSql(compiled, deduplicationWindow))
    await clickhouse.command(createBatchTableSql(compiled, deduplicationWindow))
  }
  await saveDefinitions(clickhouse, views)
}
