import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { m, stream, t, view } from '../../core/index.ts'
import { bindView } from '../../core/io/duckdb/bind-view.ts'
import type { MeasureDefinition } from '../../core/model/measure.ts'
import { compileView } from '../../core/sql/compiled-view.ts'
import { openRunner } from './check.ts'
import { withEngines } from './engines.ts'
import { MemoryLog } from './memory-log.ts'
import { Platform, type PlatformView } from './platform.ts'
import type { TwinView } from './twin-view.ts'

const engines = withEngines()

/** Three orders of two mugs at 3.50 and a pen at 1.25; what follows stands in the case beside it. */
const ORDERS = readFileSync(new URL('../support/orders-arrays.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')

const orders = stream({
  topic: 'things',
  time: 'ts',
  blockSize: 2,
  schema: {
    ts: t.timestamp(),
    order_id: t.int64(),
    tags: t.list(t.string()).optional(),
    items: t.list(t.struct({ sku: t.string(), qty: t.int32(), price: t.decimal(10, 2) })).optional(),
    first_price: t
      .decimal(10, 2)
      .path(['lines', { index: 0 }, 'price'])
      .optional(),
  },
})

const definitions = [
  view({
    name: 'by_sku',
    from: orders,
    unnest: { item: 'items' },
    where: 'item.qty > 0',
    grain: 'day',
    dimensions: { sku: 'item.sku' },
    measures: { revenue: m.sum('item.price * item.qty'), lines: m.count() } satisfies Record<
      string,
      MeasureDefinition
    >,
  }),
  view({
    name: 'by_tag',
    from: orders,
    unnest: { tag: 'tags' },
    grain: 'day',
    dimensions: { tag: 'tag' },
    measures: { orders: m.count(), items: m.sum('len(items)') },
  }),
]

test('F2: revenue by sku of orders with line items, in both layers', { timeout: 120_000 }, async () => {
  const session = await engines.duckdb.session()
  const views: PlatformView[] = []
  for (const definition of definitions) {
    const bound = await bindView(session, orders, definition)
    views.push({ twin: { name: bound.name } as TwinView, bound, compiled: compileView(bound) })
  }
  const log = new MemoryLog('things', [0])
  const more = [
    // One element that does not pass, and one that does.
    '{"ts":"2026-01-05T11:00:00Z","order_id":9,"items":[{"sku":"pen","qty":0,"price":1},{"sku":"cap","qty":1,"price":9.99}]}',
    // None that passes; none at all; no list.
    '{"ts":"2026-01-05T11:00:00Z","order_id":10,"items":[{"sku":"pen","qty":0,"price":1}]}',
    '{"ts":"2026-01-05T11:00:00Z","order_id":11,"items":[],"tags":[]}',
    '{"ts":"2026-01-05T11:00:00Z","order_id":12}',
    // One element is none, so neither is the event.
    '{"ts":"2026-01-05T11:00:00Z","order_id":13,"items":[{"sku":"mug","qty":1,"price":1},{"sku":"x","qty":1,"price":"x"}]}',
  ]
  for (const text of [...ORDERS, ...more]) log.append(0, { event: undefined, value: Buffer.from(text) })
  await engines.inFreshPlace(async place => {
    const platform = await Platform.open({ ...place, session, stream: orders, views, log })
    const runner = openRunner(
      place.clickhouse,
      views.map(({ bound }) => bound),
    )
    const ask = async (name: string, dimension: string) => {
      const { rows, coverage } = await runner.ask(
        { view: name, dimensions: [dimension] },
        { quoteNumbers: true },
      )
      const { records, quarantined } = coverage
      return { rows: rows.map(row => JSON.parse(row)), counts: [records.batch + records.speed, quarantined] }
    }
    const check = async () => {
      const bySku = await ask('by_sku', 'sku')
      expect(bySku.rows).toHaveLength(3)
      expect(bySku.rows).toEqual(
        expect.arrayContaining([
          { sku: 'cap', revenue: '9.99', lines: '1' },
          { sku: 'mug', revenue: '21', lines: '3' },
          { sku: 'pen', revenue: '3.75', lines: '3' },
        ]),
      )
      expect(bySku.counts).toEqual([4, 1])
      const byTag = await ask('by_tag', 'tag')
      expect(byTag.rows).toHaveLength(2)
      expect(byTag.rows).toEqual(
        expect.arrayContaining([
          { tag: 'vip', orders: '3', items: '6' },
          { tag: 'eu', orders: '3', items: '6' },
        ]),
      )
      expect(byTag.counts).toEqual([3, 1])
    }
    await platform.catchUp()
    await check()
    await platform.archiveTo(0, 5)
    await platform.publish('extend')
    await check()
    await platform.archiveTo(0, log.end(0))
    for (const kind of ['extend', 'full'] as const) {
      const outcome = await platform.publish(kind)
      expect(outcome?.drift ?? []).toEqual([])
      await check()
    }
  })
  await session.close()
})
