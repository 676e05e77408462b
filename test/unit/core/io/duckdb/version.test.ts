import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { m, stream, t, view } from '../../../../../core/index.ts'
import { bindView } from '../../../../../core/io/duckdb/bind-view.ts'
import { type DuckDB, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import type { MeasureDefinition } from '../../../../../core/model/measure.ts'

const sales = stream({
  topic: 'sales',
  time: 'ts',
  schema: { ts: t.timestamp(), shop: t.string(), amount: t.decimal(18, 2).optional(), user_id: t.uint64() },
})

let duckdb: DuckDB
beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 512, tempDirectory: tmpdir() })
})
afterAll(() => duckdb?.close())

async function versionWith(measures: Readonly<Record<string, MeasureDefinition>>): Promise<string> {
  const definition = view({
    name: 'by_shop',
    from: sales,
    grain: 'minute',
    dimensions: { shop: 'shop' },
    measures,
  })
  return (await bindView(await duckdb.session(), sales, definition)).version
}

test('a view without quantiles keeps the version that it had in 0.1.0, and so its tables', async () => {
  const version = await versionWith({
    orders: m.count(),
    revenue: m.sum('amount', { filter: 'amount > 0' }),
    mean: m.avg('amount'),
    least: m.min('amount'),
    greatest: m.max('amount'),
    buyers: m.uniq('user_id'),
    first: m.argMin('user_id', 'ts'),
    last: m.argMax('user_id', 'ts'),
  })
  expect(version).toBe('18e4bf1c50f1')
})

test('a view with quantiles gets a new one, for it keeps more than in 0.1.0', async () => {
  expect(await versionWith({ median: m.quantile('amount', 0.5) })).not.toBe('1b218a949785')
})
