import { defineProject, m, stream, t, view } from 'twofold-analytics'

/** The project of the frozen data directory: every column type and measure kind that version 0.1.0 has. */
const orders = stream({
  topic: 'orders',
  time: 'ts',
  key: 'customer',
  blockSize: 16,
  partitions: 3,
  retention: 'forever',
  schema: {
    id: t.uuid(),
    ts: t.timestamp(),
    customer: t.uint64(),
    country: t.string().optional().path('geo.country'),
    status: t.enum('paid', 'open', 'void').default('open'),
    amount: t.decimal(18, 2),
    weight: t.float64().optional(),
    items: t.int32(),
    delta: t.int64(),
    gift: t.bool().default(false),
    due: t.date().optional(),
  },
})

const readings = stream({
  topic: 'readings',
  time: 'at',
  blockSize: 8,
  partitions: 2,
  retention: 'forever',
  schema: { at: t.timestamp('ms'), sensor: t.string(), value: t.float64() },
})

const sales = view({
  name: 'sales_by_minute',
  from: orders,
  where: "status <> 'void'",
  grain: 'minute',
  dimensions: { country: 'country', gift: 'gift', due_month: "date_trunc('month', due)" },
  measures: {
    orders: m.count(),
    gifts: m.count({ filter: 'gift' }),
    revenue: m.sum('amount'),
    mean_amount: m.avg('amount'),
    weight: m.sum('weight'),
    delta: m.sum('delta'),
    least_items: m.min('items'),
    most_items: m.max('items'),
    buyers: m.uniq('customer'),
    last_status: m.argMax('status', 'ts'),
    first_status: m.argMin('status', 'ts'),
  },
})

const amounts = view({
  name: 'amounts_by_day',
  from: orders,
  grain: 'day',
  dimensions: { status: 'status' },
  measures: {
    orders: m.count(),
    amount_p: m.quantiles('amount', [0.5, 0.9, 1]),
    items_p: m.quantile('items', 0.5),
  },
})

const sensors = view({
  name: 'readings_by_hour',
  from: readings,
  grain: 'hour',
  dimensions: { sensor: 'sensor' },
  measures: { readings: m.count(), mean: m.avg('value'), least: m.min('value'), most: m.max('value') },
})

export default defineProject({
  streams: [orders, readings],
  views: [sales, amounts, sensors],
  batch: { every: '1 day', full: false },
  options: { archiveFlushMs: 200 },
})
