import { defineProject, m, stream, t, view } from '../../core/index.ts'
import type { ProducerRecord } from '../../core/io/kafka/driver.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'

/** Offsets in a block of the streams below. */
export const BLOCK = 64

let topics = 0

/** A project with a topic of its own: two views, one of every kind of measure, one without dimensions. */
export function ordersProject(
  change: { readonly partitions?: number; readonly where?: string } = {},
): ProjectDefinition {
  return projectOn(`orders-${++topics}`, change)
}

/** The same over a topic that exists. */
export function projectOn(
  topic: string,
  { partitions = 3, where = 'amount > 0' }: { readonly partitions?: number; readonly where?: string } = {},
): ProjectDefinition {
  const orders = stream({
    topic,
    time: 'ts',
    schema: {
      id: t.uint64(),
      ts: t.timestamp(),
      country: t.string().optional(),
      amount: t.decimal(12, 2),
      weight: t.float64(),
      day: t.date(),
      urgent: t.bool(),
    },
    blockSize: BLOCK,
    partitions,
  })
  const byCountry = view({
    name: 'by_country',
    from: orders,
    where,
    grain: 'minute',
    dimensions: {
      country: 'country',
      day: 'day',
      size: 'CAST(amount / 1000 AS DECIMAL(12,2))',
      urgent: 'urgent',
    },
    measures: {
      orders: m.count(),
      urgent_orders: m.count({ filter: 'urgent' }),
      revenue: m.sum('amount'),
      ids: m.sum('id'),
      weight: m.sum('weight'),
      weight_mean: m.avg('weight'),
      amount_mean: m.avg('amount'),
      lightest: m.min('weight'),
      last_day: m.max('day'),
      last_ts: m.max('ts'),
      first_country: m.min('country'),
      buyers: m.uniq('id % 7'),
      amounts: m.quantiles('amount', [0, 0.5, 0.95, 1]),
      weight_median: m.quantile('weight', 0.5, { filter: 'urgent' }),
      last_amount: m.argMax('amount', 'ts'),
      first_day: m.argMin('day', 'ts', { filter: 'NOT urgent' }),
      exact_buyers: m.uniqExact('id % 7'),
      weight_spread: m.stddev('weight'),
      amount_spread: m.variance('amount', { population: true }),
      top_amounts: m.topK('amount', 2),
      top_urgent_days: m.topK('day', 2, { filter: 'urgent' }),
      top_times: m.topK('ts', 1),
      top_words: m.topK(`country || '"'`, 1),
      amounts_between: m.histogram('amount', [0, 0.1, 20]),
      weights_between: m.histogram('weight', { from: -1, to: 1, width: 0.5 }),
      id_bits: m.bitXor('id'),
    },
  })
  // The cast fails on every seventeenth record; id - 13 on the first thirteen, for ids are unsigned; 100 / 0 is NULL.
  const overall = view({
    name: 'overall',
    from: orders,
    grain: 'hour',
    measures: {
      orders: m.count(),
      largest: m.max("CAST(CASE WHEN id % 17 = 0 THEN 'x' ELSE '1' END AS INTEGER)"),
      spread: m.avg('100 / (id - 13)'),
    },
  })
  return defineProject({
    streams: [orders],
    views: [byCountry, overall],
    batch: { every: '1 hour', full: false },
  })
}

const START_MS = Date.UTC(2024, 1, 29, 23, 0, 0)
const COUNTRIES = ['NL', 'DE', 'Österreich', "l'Île", null]

/** Records number `from` up to `to`, spread over `partitions`, a few of them damaged. The same number, the same record. */
export function orders(from: number, to: number, partitions = 3): ProducerRecord[] {
  return Array.from({ length: to - from }, (_, index) => orderNumber(from + index, partitions))
}

function orderNumber(id: number, partitions: number): ProducerRecord {
  const partition = id % 5 === 0 ? 0 : id % partitions
  if (id % 97 === 0) return { key: null, value: Buffer.from('{"id":'), partition }
  if (id % 89 === 0) return { key: null, value: null, partition }
  const scrambled = (id * 7919) % 10_007
  const event = {
    id,
    ts: new Date(START_MS + (scrambled % 240) * 1000).toISOString(),
    country: COUNTRIES[scrambled % COUNTRIES.length],
    amount: ((scrambled % 4000) - 200) / 100,
    weight: Math.sin(scrambled) * 10 ** (scrambled % 6),
    day: `2024-0${1 + (scrambled % 9)}-11`,
    urgent: scrambled % 3 === 0,
  }
  return {
    key: Buffer.from(String(id)),
    value: Buffer.from(JSON.stringify(event)),
    partition,
    headers: [{ name: 'n', value: Buffer.from(String(id)) }],
  }
}

/** How many of the records number 0 up to `to` count in the view `overall`, told by their numbers alone. */
export function countInOverall(to: number): number {
  return Array.from({ length: to }, (_, id) => id).filter(
    id => id >= 13 && id % 97 !== 0 && id % 89 !== 0 && id % 17 !== 0,
  ).length
}
