import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readHeartbeats, type SpeedHeartbeat } from '../../core/io/store/heartbeats.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { batchTable, speedTable } from '../../core/sql/tables.ts'

type ViewVersion = Pick<BoundView, 'name' | 'version'>

/** A speed worker that has not been heard of for so long is gone. */
const HEARD_WITHIN_MS = 30_000

/**
 * Drops the tables of view versions that have served and never will again, and what they set aside in the quarantine:
 * a generation named them once, none of `readable` does, they are not `configured`, and no speed worker keeps them. A
 * version that no generation has named yet stays: it may be on its way to be published.
 * @returns the tables it dropped
 */
export async function dropUnreachableVersions(
  clickhouse: ClickHouse,
  readable: readonly Pointer[],
  configured: readonly ViewVersion[],
): Promise<string[]> {
  const kept = new Set([...configured, ...named(readable), ...(await workedOn(clickhouse))].map(speedTable))
  const dropped: string[] = []
  for (const version of await versionsWithTables(clickhouse)) {
    if (kept.has(speedTable(version)) || !(await hasServed(clickhouse, version))) continue
    await emptyQuarantine(clickhouse, version)
    for (const table of [speedTable(version), batchTable(version)]) {
      await clickhouse.command(`DROP TABLE IF EXISTS ${table} SYNC`)
      dropped.push(table)
    }
  }
  return dropped
}

async function emptyQuarantine(clickhouse: ClickHouse, { name, version }: ViewVersion): Promise<void> {
  await clickhouse.command(
    'ALTER TABLE quarantine DELETE WHERE view = {name:String} AND version = {version:String}',
    { params: { name, version }, settings: { mutations_sync: 1 } },
  )
}

function named(pointers: readonly Pointer[]): ViewVersion[] {
  return pointers.flatMap(({ views }) =>
    Object.entries(views).map(([name, { version }]) => ({ name, version })),
  )
}

async function workedOn(clickhouse: ClickHouse): Promise<ViewVersion[]> {
  const beats = await readHeartbeats(clickhouse, HEARD_WITHIN_MS)
  return beats
    .filter(({ layer }) => layer === 'speed')
    .flatMap(({ body }) => (body as SpeedHeartbeat).streams.flatMap(({ views }) => views))
}

async function versionsWithTables(clickhouse: ClickHouse): Promise<ViewVersion[]> {
  return clickhouse.rows<ViewVersion>(
    `SELECT DISTINCT name, version FROM definitions
     WHERE concat('speed_', name, '_', version) IN (SELECT name FROM system.tables WHERE database = currentDatabase())
     ORDER BY name, version`,
  )
}

async function hasServed(clickhouse: ClickHouse, { name, version }: ViewVersion): Promise<boolean> {
  const rows = await clickhouse.rows(
    `SELECT 1 FROM pointers WHERE JSONExtractString(body, 'views', {name:String}, 'version') = {version:String} LIMIT 1`,
    { params: { name, version } },
  )
  return rows.length > 0
}
