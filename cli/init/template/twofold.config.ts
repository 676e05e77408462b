import { defineProject, m, stream, t, view } from 'twofold-analytics'

/** Events come into a stream: a Kafka topic with a schema. What does not fit the schema is set aside, never lost. */
const clicks = stream({
  topic: 'clicks',
  time: 'ts',
  schema: {
    ts: t.timestamp(),
    user_id: t.uint64(),
    country: t.string(),
    url: t.string(),
    amount: t.decimal(18, 2).optional(),
  },
  partitions: 2,
})

/** A view is kept up to date as events come. Expressions are DuckDB SQL over the stream's columns. */
const clicksByMinute = view({
  name: 'clicks_by_minute',
  from: clicks,
  grain: 'minute',
  dimensions: {
    country: 'country',
    path: `regexp_extract(url, '^https?://[^/]+(/[^?]*)', 1)`,
  },
  measures: {
    clicks: m.count(),
    users: m.uniq('user_id'),
    revenue: m.sum('amount'),
  },
})

export default defineProject({
  streams: [clicks],
  views: [clicksByMinute],
  batch: { every: '1 minute', full: '03:00' },
})
