import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { VerifyReport } from '../../batch-layer/commands.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { Api, eventually } from '../support/api.ts'
import { TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

const CONFIG = `
import { defineProject, e, m, stream, t, view } from 'twofold-analytics'

const orders = stream({
  topic: 'orders',
  time: 'ts',
  records: 'batch.orders',
  tombstones: 'ignore',
  blockSize: 4,
  partitions: 1,
  schema: {
    ts: e.timestamp(),
    shop: e.key(t.int64()),
    tenant: e.header('x-tenant', t.string()).optional(),
    id: t.int64(),
    items: t.list(t.struct({ sku: t.string(), qty: t.int32(), price: t.decimal(10, 2) })).optional(),
  },
})
const bySku = view({
  name: 'by_sku',
  from: orders,
  unnest: { item: 'items' },
  grain: 'day',
  dimensions: { sku: 'item.sku', tenant: 'tenant' },
  measures: { revenue: m.sum('item.price * item.qty'), lines: m.count() },
})
const byShop = view({
  name: 'by_shop',
  from: orders,
  grain: 'day',
  dimensions: { shop: 'shop' },
  measures: { orders: m.count(), first: m.min('ts') },
})

export default defineProject({
  streams: [orders],
  views: [bySku, byShop],
  batch: { every: '2 seconds', full: false },
  options: { archiveFlushMs: 500 },
})
`

const DAY_MS = Date.UTC(2026, 0, 5)
const order = (id: number) => ({
  id,
  items: [
    { sku: 'mug', qty: 2, price: '3.50' },
    { sku: 'pen', qty: 1, price: '1.25' },
  ],
})

/** Five batches of two orders, one of which has a bad order more; one empty, one broken, a tombstone, no key. */
function recordsOf() {
  const value = (orders: unknown) => Buffer.from(JSON.stringify({ batch: { orders } }))
  const good = Array.from({ length: 5 }, (_, k) =>
    value([order(2 * k), order(2 * k + 1), ...(k === 2 ? [{ id: 'x' }] : [])]),
  )
  const values = [...good, value([]), Buffer.from('{"batch":{"orders":[1}'), null]
  const records = values.map((value, k) => ({
    key: Buffer.from(String(k % 2)) as Buffer | null,
    value,
    partition: 0,
    timestampMs: DAY_MS + k,
    headers: k % 2 === 0 ? [] : [{ name: 'x-tenant', value: Buffer.from('eu') }],
  }))
  return [...records, { ...records[0]!, key: null }]
}

/** Long: a platform of its own. */
describe('F2 and F5 on a running platform', () => {
  let home: TwofoldHome
  let twofold: TwofoldProcess
  let api: Api

  beforeAll(async () => {
    home = await TwofoldHome.create(CONFIG)
    twofold = home.start()
    await twofold.ready()
    api = new Api(home.apiUrl)
    const driver = await openKafkaDriver('kafkajs', { brokers: home.brokers, clientId: 'test' })
    const producer = await driver.openProducer()
    for (const record of recordsOf()) await producer.send('orders', [record])
    await producer.close()
    await driver.close()
  })
  afterAll(async () => {
    twofold?.kill('SIGTERM')
    await twofold?.exited
    await home?.remove()
  })

  const ask = (view: string, dimensions: string[]) => api.ask({ view, dimensions })

  async function expectRight(): Promise<void> {
    const bySku = await ask('by_sku', ['sku', 'tenant'])
    expect(bySku.data).toHaveLength(4)
    expect(bySku.data).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ sku: 'mug', tenant: null, lines: 6 }),
        expect.objectContaining({ sku: 'mug', tenant: 'eu', lines: 4 }),
        expect.objectContaining({ sku: 'pen', tenant: null, lines: 6 }),
        expect.objectContaining({ sku: 'pen', tenant: 'eu', lines: 4 }),
      ]),
    )
    const sums = new Map(bySku.data.map(({ sku, tenant, revenue }) => [`${sku} ${tenant}`, Number(revenue)]))
    expect(Object.fromEntries(sums)).toEqual({ 'mug null': 42, 'mug eu': 28, 'pen null': 7.5, 'pen eu': 5 })
    const byShop = await ask('by_shop', ['shop'])
    expect(byShop.data.map(({ shop, orders }) => [shop, orders]).sort()).toEqual([
      [0, 6],
      [1, 4],
    ])
    for (const { coverage } of [bySku, byShop]) {
      expect(coverage.records.batch + coverage.records.speed).toBe(10)
      // A bad order, a record that cannot be taken apart, and two orders without a key.
      expect(coverage.quarantined).toBe(4)
    }
  }

  test('answers count events and elements, in the speed layer and once the batch layer has them', {
    timeout: 120_000,
  }, async () => {
    const settled = await eventually(
      'all of it in answers',
      () => ask('by_shop', []),
      ({ coverage }) => (coverage.through['0'] ?? 0) >= 9,
    )
    expect(settled.coverage.complete).toBe(true)
    await expectRight()
    await eventually(
      'a generation of two blocks',
      () => ask('by_sku', []),
      ({ coverage }) => coverage.records.batch >= 10,
    )
    await expectRight()
  })

  test('verify finds that all of it holds, also after a recomputation', { timeout: 120_000 }, async () => {
    for (const args of [
      ['verify', '--json'],
      ['batch', 'run', '--full'],
      ['verify', '--json'],
    ]) {
      const { code, stdout, stderr } = await home.command(args)
      expect(code, stderr + stdout).toBe(0)
      if (args[0] !== 'verify') continue
      const report = JSON.parse(stdout) as VerifyReport
      expect(report.findings).toEqual([])
    }
    await expectRight()
  })

  test('an order by HTTP is a batch of its own, and needs what stands around it', async () => {
    const reply = await api.post('/v1/events/orders', order(100))
    expect(JSON.stringify(reply.body)).toContain('has no key')
  })
})
