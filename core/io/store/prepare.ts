import { TwofoldError } from '../../model/errors.ts'
import type { StreamDefinition } from '../../model/stream.ts'
import type { BoundView } from '../../model/view.ts'
import { compileView } from '../../sql/compiled-view.ts'
import { SYSTEM_TABLES, TABLES_FORMAT } from '../../sql/system-tables.ts'
import { createBatchTableSql, createSpeedTableSql, upgradeSpeedTableSql } from '../../sql/tables.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { saveDefinitions } from './definition-store.ts'

/**
 * How many inserts back ClickHouse remembers deduplication tokens in a view's tables. An insert that its guard has let
 * in and that then stands still is held by its token alone. ClickHouse gives a request up that sends nothing for half a
 * minute, in which a lane makes three hundred inserts at most by default: here is room for three times as many.
 */
export function deduplicationWindowOf({ lanes }: Pick<StreamDefinition, 'lanes'>): number {
  return Math.max(10_000, 1_000 * lanes)
}

/**
 * Creates what is missing of the system's tables and of the views', and keeps the views' definitions.
 * Any number of processes may do so at once. @throws FORMAT_UNSUPPORTED for tables of a later version of Twofold
 */
export async function prepareTables(
  clickhouse: ClickHouse,
  views: readonly BoundView[],
  deduplicationWindow?: number,
): Promise<void> {
  for (const statement of SYSTEM_TABLES) await clickhouse.command(statement)
  await clickhouse.command(
    `INSERT INTO meta SELECT 'format', {format:String} WHERE (SELECT count() FROM meta WHERE key = 'format') = 0`,
    { params: { format: String(TABLES_FORMAT) }, settings: { insert_deduplication_token: 'format' } },
  )
  await upgradeTables(clickhouse)
  for (const view of views) {
    const compiled = compileView(view)
    const window = deduplicationWindow ?? deduplicationWindowOf(view.stream)
    await clickhouse.command(createSpeedTableSql(compiled, window))
    await clickhouse.command(upgradeSpeedTableSql(view))
    await clickhouse.command(createBatchTableSql(compiled, window))
  }
  await saveDefinitions(clickhouse, views)
}

/** Tables of an earlier format become of this one; each step is repeated without harm, by any number of processes. */
async function upgradeTables(clickhouse: ClickHouse): Promise<void> {
  const rows = await clickhouse.rows<{ value: string }>(`SELECT value FROM meta WHERE key = 'format'`)
  const found = rows[0]?.value
  if (found === undefined || found === String(TABLES_FORMAT)) return
  if (!(Number(found) >= 1 && Number(found) < TABLES_FORMAT)) {
    throw new TwofoldError(
      'FORMAT_UNSUPPORTED',
      `The tables in ClickHouse have format ${found}; this version of Twofold uses format ${TABLES_FORMAT}.`,
      { details: { found, expected: TABLES_FORMAT } },
    )
  }
  await clickhouse.command(
    `ALTER TABLE meta UPDATE value = {to:String} WHERE key = 'format' AND value = {from:String}`,
    { params: { to: String(TABLES_FORMAT), from: found }, settings: { mutations_sync: 1 } },
  )
}
