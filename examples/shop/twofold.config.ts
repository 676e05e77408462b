import { defineProject, m, stream, t, view } from 'twofold-analytics'

/** What visitors of a shop do: pages viewed, carts filled, things bought and sent back. */
const clicks = stream({
  topic: 'clicks',
  time: 'ts',
  schema: {
    event_id: t.uuid(),
    ts: t.timestamp(),
    user_id: t.uint64(),
    action: t.enum('view', 'cart', 'purchase', 'refund'),
    country: t.string(),
    url: t.string(),
    /** Only purchases and refunds have one; a refund's is negative. */
    amount: t.decimal(18, 2).optional(),
    os: t.string().path('device.os'),
    mobile: t.bool().path('device.mobile').default(false),
    load_ms: t.float64().optional(),
  },
  // All that one visitor does stays in order.
  key: 'user_id',
  partitions: 4,
})

/** Every kind of measure there is. */
const salesByMinute = view({
  name: 'sales_by_minute',
  from: clicks,
  grain: 'minute',
  dimensions: { country: 'country', os: 'os' },
  measures: {
    events: m.count(),
    orders: m.count({ filter: "action = 'purchase'" }),
    revenue: m.sum('amount'),
    order_mean: m.avg('amount', { filter: "action = 'purchase'" }),
    smallest_order: m.min('amount', { filter: "action = 'purchase'" }),
    largest_order: m.max('amount'),
    visitors: m.uniq('user_id'),
    buyers: m.uniq('user_id', { filter: "action = 'purchase'" }),
    load_ms_median: m.quantile('load_ms', 0.5),
    load_ms_p: m.quantiles('load_ms', [0.5, 0.95, 0.99]),
    first_url: m.argMin('url', 'ts'),
    last_url: m.argMax('url', 'ts'),
  },
})

/** A filter, and a dimension that is computed. */
const purchasesByHour = view({
  name: 'purchases_by_hour',
  from: clicks,
  where: "action = 'purchase' AND amount > 0",
  grain: 'hour',
  dimensions: { page: "regexp_extract(url, '^https?://[^/]+(/[^/?]*)', 1)", mobile: 'mobile' },
  measures: {
    orders: m.count(),
    revenue: m.sum('amount'),
    buyers: m.uniq('user_id'),
    best_customer: m.argMax('user_id', 'amount'),
  },
})

export default defineProject({
  streams: [clicks],
  views: [salesByMinute, purchasesByHour],
  batch: { every: '1 minute', full: '03:00' },
})
