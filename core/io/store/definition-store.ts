import { canonicalJson } from '../../model/canonical-json.ts'
import type { BoundView } from '../../model/view.ts'
import type { ClickHouse } from '../clickhouse/client.ts'

/** Keeps the definitions of view versions; writing one again changes nothing. */
export async function saveDefinitions(clickhouse: ClickHouse, views: readonly BoundView[]): Promise<void> {
  for (const view of views) {
    await clickhouse.command(
      `INSERT INTO definitions SELECT {name:String}, {version:String}, {body:String}, now64(3)
       WHERE (SELECT count() FROM definitions WHERE name = {name:String} AND version = {version:String}) = 0`,
      { params: { name: view.name, version: view.version, body: canonicalJson(view) } },
    )
  }
}

/** The definition of one version of a view, or `undefined` where nobody kept it. */
export async function readDefinition(
  clickhouse: ClickHouse,
  name: string,
  version: string,
): Promise<BoundView | undefined> {
  const rows = await clickhouse.rows<{ body: string }>(
    'SELECT body FROM definitions WHERE name = {name:String} AND version = {version:String} LIMIT 1',
    { params: { name, version } },
  )
  return rows[0] && (JSON.parse(rows[0].body) as BoundView)
}
