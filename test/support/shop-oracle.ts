import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Row } from './api.ts'
import { type Nearness, numeric, within } from './differences.ts'

const COLUMNS = `{event_id: 'UUID', ts: 'TIMESTAMP', user_id: 'UBIGINT', action: 'VARCHAR', country: 'VARCHAR',
  url: 'VARCHAR', amount: 'DECIMAL(18, 2)', device: 'STRUCT(os VARCHAR, mobile BOOLEAN)', load_ms: 'DOUBLE'}`

/** The shop's views, as one would write them in DuckDB over its events. */
export const SHOP_SQL: Readonly<Record<string, { readonly by: readonly string[]; readonly sql: string }>> = {
  sales_by_minute: {
    by: ['country', 'os'],
    sql: `SELECT country, device.os AS os, count(*) AS events, count(*) FILTER (action = 'purchase') AS orders,
      CAST(sum(amount) AS DOUBLE) AS revenue, avg(amount) FILTER (action = 'purchase') AS order_mean,
      CAST(min(amount) FILTER (action = 'purchase') AS DOUBLE) AS smallest_order,
      CAST(max(amount) AS DOUBLE) AS largest_order,
      count(DISTINCT user_id) AS visitors, count(DISTINCT user_id) FILTER (action = 'purchase') AS buyers,
      quantile_cont(load_ms, 0.5) AS load_ms_median,
      (min({t: ts, u: url})).u AS first_url, (max({t: ts, u: url})).u AS last_url
      FROM click GROUP BY ALL`,
  },
  purchases_by_hour: {
    by: ['time', 'page', 'mobile'],
    sql: `SELECT date_trunc('hour', ts) AS time, regexp_extract(url, '^https?://[^/]+(/[^/?]*)', 1) AS page,
      coalesce(device.mobile, false) AS mobile, count(*) AS orders, CAST(sum(amount) AS DOUBLE) AS revenue,
      count(DISTINCT user_id) AS buyers
      FROM click WHERE action = 'purchase' AND amount > 0 GROUP BY ALL`,
  },
}

export const SHOP_NEARNESS: Readonly<Record<string, Nearness>> = {
  order_mean: within(1e-9),
  visitors: within(0.02),
  buyers: within(0.02),
  load_ms_median: within(0.01),
}

/** Answers each of `SHOP_SQL` over events given as JSON text. */
export async function answerShop(events: readonly Uint8Array[]): Promise<Record<string, readonly Row[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'twofold-shop-'))
  const path = join(folder, 'clicks.ndjson')
  writeFileSync(path, Buffer.concat(events.flatMap(event => [event, Buffer.from('\n')])))
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  try {
    await connection.run(
      `CREATE TABLE click AS SELECT * FROM read_json('${path}', format = 'newline_delimited', columns = ${COLUMNS})`,
    )
    const answers: Record<string, readonly Row[]> = {}
    for (const [view, { sql }] of Object.entries(SHOP_SQL))
      answers[view] = (await connection.runAndReadAll(sql)).getRowObjectsJS().map(numeric)
    return answers
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true })
  }
}
