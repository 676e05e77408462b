import { m, stream, t, view } from '../../core/index.ts'

/** A stream with a column of every type. */
export const events = stream({
  topic: 'events',
  time: 'ts',
  blockSize: 64,
  schema: {
    ts: t.timestamp(),
    word: t.string().optional(),
    n: t.int64(),
    u: t.uint64(),
    x: t.float64(),
    price: t.decimal(18, 2).optional(),
    flag: t.bool(),
    day: t.date(),
    moment: t.timestamp(),
    id: t.uuid(),
  },
})

/** A view with dimensions of every type and measures of every kind. */
export const allKinds = view({
  name: 'all_kinds',
  from: events,
  grain: 'minute',
  where: 'n % 10 <> 3',
  dimensions: {
    word: 'word',
    rest: 'n % 3',
    u: 'u',
    x: 'round(x / 1000)',
    price: 'price',
    flag: 'flag',
    day: 'day',
    moment: 'moment',
    id: 'id',
  },
  measures: {
    events: m.count(),
    flagged: m.count({ filter: 'flag' }),
    sum_n: m.sum('n'),
    sum_price: m.sum('price'),
    sum_x: m.sum('x', { filter: 'n > 0' }),
    min_n: m.min('n'),
    max_price: m.max('price'),
    min_word: m.min('word'),
    max_moment: m.max('moment'),
    min_day: m.min('day'),
    avg_price: m.avg('price'),
    avg_x: m.avg('x', { filter: 'flag' }),
    uniq_u: m.uniq('u'),
    uniq_word: m.uniq('word'),
    x_at: m.quantiles('x', [0, 0.05, 0.5, 0.95, 1]),
    median_price: m.quantile('price', 0.5),
    median_n: m.quantile('n', 0.5),
    first_word: m.argMin('word', 'ts'),
    last_price: m.argMax('price', 'moment'),
    exact_word: m.uniqExact('word'),
    exact_price: m.uniqExact('price', { filter: 'flag' }),
    exact_moment: m.uniqExact('moment'),
    variance_n: m.variance('n'),
    stddev_price: m.stddev('price', { population: true }),
    stddev_x: m.stddev('x'),
    earliest_word: m.first('word'),
    latest_n: m.last('n'),
    any_day: m.any('day'),
    dear: m.countIf('price > 100', { filter: 'flag' }),
    top_word: m.topK('word', 2),
    top_price: m.topK('price', 3, { filter: 'flag' }),
    top_flag: m.topK('flag', 2),
    top_day: m.topK('day', 2),
    top_moment: m.topK('moment', 1),
    top_u: m.topK('u', 2),
    prices: m.histogram('price', [-100, 0, 0.5, 100]),
    spread_x: m.histogram('x', { from: -5000, to: 5000, width: 2500 }),
    and_u: m.bitAnd('u'),
    or_n: m.bitOr('n', { filter: 'n > 0' }),
    xor_n: m.bitXor('n'),
  },
})

/** Instants around which events are strewn: before 1970, changes of clocks, after 2149. */
const ANCHORS = [
  '1959-12-31 22:00:00',
  '1969-12-31 18:00:00',
  '2018-11-03 22:00:00',
  '2024-02-28 20:00:00',
  '2026-03-08 00:00:00',
  '2026-11-01 00:00:00',
  '2199-12-31 12:00:00',
]

/**
 * SQL that makes the table `events`: `count` records of the stream in two partitions, as a decoder would leave them.
 * The same every time. One in 17 failed its schema.
 */
export function eventsSql(count: number): string {
  const draw = (salt: number, below: number) => `CAST(hash(i, ${salt}) % ${below} AS BIGINT)`
  const anchors = ANCHORS.map(anchor => `TIMESTAMP '${anchor}'`).join(', ')
  return `CREATE OR REPLACE TEMP TABLE events AS SELECT
    CAST(i % 2 AS INTEGER) AS __partition, CAST(i // 2 AS BIGINT) AS __offset, CAST(hash(i) AS UBIGINT) AS __hash,
    i % 17 <> 5 AS __accepted,
    [${anchors}][1 + ${draw(1, ANCHORS.length)}] + to_seconds(${draw(2, 100_000)}) AS ts,
    CASE WHEN i % 7 = 0 THEN NULL ELSE ['red', 'green', 'blue', 'it''s "x", \\', 'ü'][1 + ${draw(3, 5)}] END AS word,
    ${draw(4, 2000)} - 1000 AS n,
    CAST(18446744073709551610 AS UBIGINT) + CAST(${draw(5, 6)} AS UBIGINT) AS u,
    (${draw(6, 100_000)} - 50000) / 7.0 AS x,
    CASE WHEN i % 5 = 0 THEN NULL ELSE CAST(CAST(${draw(7, 100_000)} - 50000 AS DECIMAL(18, 2)) / 100 AS DECIMAL(18, 2)) END AS price,
    i % 3 = 0 AS flag,
    DATE '1960-01-01' + CAST(${draw(8, 3)} AS INTEGER) AS day,
    TIMESTAMP '2199-12-31 23:59:59.123456' + to_microseconds(${draw(9, 3)}) AS moment,
    CAST(md5(CAST(i % 4 AS VARCHAR)) AS UUID) AS id
  FROM range(0, ${count}) r(i)`
}

/** The events that the view takes in. */
export const TAKEN = 'events WHERE __accepted AND n % 10 <> 3'
