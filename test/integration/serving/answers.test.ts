import { beforeAll, describe, expect, test } from 'vitest'
import type { QueryRequest } from '../../../serving/query/request.ts'
import type { QueryRunner } from '../../../serving/query/run.ts'
import { allKinds, TAKEN } from '../../support/all-kinds.ts'
import { type MergedView, PARTITION_END, withMergedViews } from '../../support/merged-view.ts'

const mergedView = withMergedViews()
let merged: MergedView
let queries: QueryRunner

beforeAll(async () => {
  merged = await mergedView()
  await merged.decideOrigins()
  await merged.writeChain()
  await merged.publish({ 0: 64, 1: 128 })
  await merged.publish({ 0: 128, 1: 192 })
  queries = merged.runner()
})

type Question = Omit<QueryRequest, 'view'>
type Row = Record<string, unknown>

/** The rows of an answer; integers and decimals as text. */
async function ask(question: Question, runner = queries): Promise<Row[]> {
  const { rows } = await runner.ask({ view: allKinds.name, ...question }, { quoteNumbers: true })
  return rows.map(row => JSON.parse(row))
}

/** What DuckDB says of the same events, in the same form. */
async function duckdb(select: string): Promise<Row[]> {
  const rows = await merged.session.rows(select)
  return rows.map(row => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)])))
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string' && /^-?\d+\.\d+$/.test(value)) return value.replace(/\.?0+$/, '')
  return value
}

/** Holds rows against each other, doubles to nine digits. */
function expectSame(found: Row[], expected: Row[]): void {
  const rounded = (rows: Row[]) =>
    rows.map(row => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, round(value)])))
  expect(rounded(found)).toEqual(rounded(expected))
}

function round(value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(9)) : value
}

/** The measures that are exact, as one would write them in DuckDB. */
const EXACT: Readonly<Record<string, string>> = {
  events: 'count(*)',
  flagged: 'count(*) FILTER (flag)',
  sum_n: 'sum(n)',
  sum_price: 'sum(price)',
  sum_x: 'sum(x) FILTER (n > 0)',
  min_n: 'min(n)',
  max_price: 'max(price)',
  min_word: 'min(word)',
  max_moment: `strftime(max(moment), '%Y-%m-%dT%H:%M:%S.%fZ')`,
  min_day: 'CAST(min(day) AS VARCHAR)',
  avg_price: 'CAST(avg(price) AS DOUBLE)',
  avg_x: 'avg(x) FILTER (flag)',
  uniq_u: 'count(DISTINCT u)',
  uniq_word: 'count(DISTINCT word)',
  first_word: '(min({t: ts, w: word}) FILTER (word IS NOT NULL)).w',
  last_price: '(max({t: moment, p: price}) FILTER (price IS NOT NULL)).p',
  exact_word: 'count(DISTINCT word)',
  exact_price: 'count(DISTINCT price) FILTER (flag)',
  exact_moment: 'count(DISTINCT moment)',
  variance_n: 'var_samp(n)',
  stddev_price: 'stddev_pop(price)',
  stddev_x: 'stddev_samp(x)',
  earliest_word: '(min({t: ts, w: word}) FILTER (word IS NOT NULL)).w',
  latest_n: '(max({t: ts, n: n})).n',
  any_day: 'CAST(min(day) AS VARCHAR)',
  dear: 'count(*) FILTER (flag AND price > 100)',
  and_u: 'bit_and(u)',
  or_n: 'bit_or(n) FILTER (n > 0)',
  xor_n: 'bit_xor(n)',
}
const exactSql = Object.entries(EXACT)
  .map(([name, sql]) => `${sql} AS ${name}`)
  .join(', ')

describe('measures of every kind', () => {
  test('are what DuckDB says of all events', async () => {
    expectSame(await ask({ measures: Object.keys(EXACT) }), await duckdb(`SELECT ${exactSql} FROM ${TAKEN}`))
  })

  test('are what DuckDB says by dimensions', async () => {
    const found = await ask({ measures: Object.keys(EXACT), dimensions: ['word', 'flag'] })
    const expected = await duckdb(
      `SELECT word, flag, ${exactSql} FROM ${TAKEN} GROUP BY word, flag ORDER BY word COLLATE C NULLS LAST, flag`,
    )
    expectSame(found, expected)
    expect(found).toHaveLength(12)
  })

  test('have quantiles within a percent, at every level', async () => {
    const [found] = await ask({ measures: ['x_at', 'median_price', 'median_n'] })
    const [expected] = await duckdb(`SELECT quantile_cont(x, [0, 0.05, 0.5, 0.95, 1]) AS x_at,
      quantile_cont(CAST(price AS DOUBLE), 0.5) AS median_price,
      quantile_cont(CAST(n AS DOUBLE), 0.5) AS median_n FROM ${TAKEN}`)
    const numbers = (row: Row) =>
      [...(row['x_at'] as number[]), row['median_price'], row['median_n']] as number[]
    for (const [index, value] of numbers(found!).entries()) {
      const wanted = numbers(expected!)[index]!
      expect(Math.abs(value - wanted), `${value} for ${wanted}`).toBeLessThanOrEqual(Math.abs(wanted) * 0.01)
    }
  })

  test('list the most frequent values, of equally frequent ones the least first', async () => {
    const [found] = await ask({
      measures: ['top_word', 'top_price', 'top_flag', 'top_day', 'top_moment', 'top_u'],
    })
    const top = async (value: string, k: number, filter = 'true') => {
      const rows = await duckdb(
        `SELECT * FROM (SELECT ${value} AS value, count(*) AS count FROM ${TAKEN} AND ${filter} GROUP BY 1)
         WHERE value IS NOT NULL ORDER BY count DESC, value LIMIT ${k}`,
      )
      return rows
    }
    expect(found).toEqual({
      top_word: await top('word', 2),
      top_price: await top('price', 3, 'flag'),
      top_flag: await top('flag', 2),
      top_day: await top('CAST(day AS VARCHAR)', 2),
      top_moment: await top(`strftime(moment, '%Y-%m-%dT%H:%M:%S.%fZ')`, 1),
      top_u: await top('u', 2),
    })
  })

  test('count between edges, each of which belongs to what is above it', async () => {
    const [found] = await ask({ measures: ['prices', 'spread_x'] })
    const count = async (condition: string) =>
      (await duckdb(`SELECT count(*) AS count FROM ${TAKEN} AND ${condition}`))[0]!['count']
    expect(found!['prices']).toEqual([
      { from: null, to: -100, count: await count('price < -100') },
      { from: -100, to: 0, count: await count('price >= -100 AND price < 0') },
      { from: 0, to: 0.5, count: await count('price >= 0 AND price < 0.5') },
      { from: 0.5, to: 100, count: await count('price >= 0.5 AND price < 100') },
      { from: 100, to: null, count: await count('price >= 100') },
    ])
    expect((found!['spread_x'] as Row[]).map(({ from }) => from)).toEqual([null, -5000, -2500, 0, 2500, 5000])
    expect((found!['spread_x'] as Row[])[2]!['count']).toBe(await count('x >= -2500 AND x < 0'))
  })

  test('are those of nothing where nothing is: one row without dimensions, none with them', async () => {
    const filters = [{ dimension: 'word', op: 'equals', values: ['nowhere'] }]
    const [row, ...more] = await ask({ filters })
    expect(more).toEqual([])
    expect(row).toMatchObject({ events: '0', sum_n: null, avg_x: null, uniq_u: '0', median_n: null })
    expect(row).toMatchObject({
      exact_word: '0',
      variance_n: null,
      stddev_x: null,
      latest_n: null,
      xor_n: null,
    })
    expect(row).toMatchObject({ dear: '0', top_word: [], prices: Array(5).fill({ count: '0' }) })
    expect(row!['x_at']).toEqual([null, null, null, null, null])
    expect(await ask({ filters, dimensions: ['word'] })).toEqual([])
    expect(await ask({ filters, grain: 'day' })).toEqual([])
  })

  test('keep all digits of integers in JSON', async () => {
    const { rows } = await queries.ask({ view: allKinds.name, measures: ['events'], dimensions: ['u'] })
    expect(rows[0]).toMatch(/^\{"u":18446744073709551610,"events":\d+\}$/)
  })
})

describe('an answer does not depend on', () => {
  test('which side its events come from, nor on merges in the background', async () => {
    const other = await mergedView()
    await other.decideOrigins()
    await other.writeChain()
    const measures = allKinds.measures.map(measure => measure.name).filter(name => !/_x$/.test(name))
    const question = { measures, dimensions: ['word', 'rest'] }
    const expected = await ask(question)
    expect(await ask(question, other.runner())).toEqual(expected)
    await other.publish({ 0: 256, 1: 64 })
    expect(await ask(question, other.runner())).toEqual(expected)
    for (const side of ['speed', 'batch'])
      await other.clickhouse.command(`OPTIMIZE TABLE ${side}_${allKinds.name}_${other.view.version} FINAL`)
    expect(await ask(question, other.runner())).toEqual(expected)
  })
})

describe('coverage', () => {
  test('says what the answer is made of', async () => {
    const { coverage } = await queries.ask({ view: allKinds.name })
    const [taken] = await duckdb(`SELECT count(*) AS n FROM ${TAKEN}`)
    const [failed] = await duckdb('SELECT count(*) AS n FROM events WHERE NOT __accepted')
    expect(coverage).toMatchObject({
      generation: 2,
      version: merged.view.version,
      cut: { 0: 128, 1: 192 },
      through: { 0: PARTITION_END, 1: PARTITION_END },
      freshnessMs: null,
      quarantined: Number(failed!['n']),
      skipped: 0,
      lost: 0,
      complete: true,
    })
    expect(coverage.records.batch + coverage.records.speed).toBe(Number(taken!['n']))
    expect(coverage.records.batch).toBeGreaterThan(0)
  })
})

describe('filters', () => {
  const FILTERS: readonly [string, string, (string | number | boolean)[], string][] = [
    ['word', 'equals', ['red'], "word = 'red'"],
    ['word', 'in', ['red', 'it\'s "x", \\'], `word IN ('red', 'it''s "x", \\')`],
    ['word', 'notEquals', ['red'], "word IS DISTINCT FROM 'red'"],
    ['word', 'notIn', ['red', 'ü'], "(word IS NULL OR word NOT IN ('red', 'ü'))"],
    ['word', 'contains', ['e', '"'], `(contains(word, 'e') OR contains(word, '"'))`],
    ['word', 'startsWith', ['gr', 'ü'], "(starts_with(word, 'gr') OR starts_with(word, 'ü'))"],
    ['word', 'gte', ['green'], "word >= 'green'"],
    ['word', 'isNull', [], 'word IS NULL'],
    ['word', 'isNotNull', [], 'word IS NOT NULL'],
    ['rest', 'equals', [-1, '2'], 'n % 3 IN (-1, 2)'],
    ['rest', 'gt', [0], 'n % 3 > 0'],
    ['u', 'equals', ['18446744073709551611'], 'u = 18446744073709551611'],
    ['u', 'lt', ['18446744073709551611'], 'u < 18446744073709551611'],
    ['x', 'lt', [-1.5], 'round(x / 1000) < -1.5'],
    ['x', 'in', [-2, 3, 1e3], 'round(x / 1000) IN (-2, 3)'],
    ['price', 'gte', ['0.25'], 'price >= 0.25'],
    ['price', 'lte', [-250.5], 'price <= -250.5'],
    ['flag', 'equals', [true], 'flag'],
    ['flag', 'notEquals', ['true'], 'NOT flag'],
    ['day', 'gt', ['1960-01-01'], "day > DATE '1960-01-01'"],
    ['day', 'in', ['1960-01-02'], "day = DATE '1960-01-02'"],
    ['moment', 'equals', ['2199-12-31T23:59:59.123457Z'], "moment = TIMESTAMP '2199-12-31 23:59:59.123457'"],
    ['moment', 'lt', ['2200-01-01T01:59:59.123457+02:00'], "moment < TIMESTAMP '2199-12-31 23:59:59.123457'"],
    ['id', 'startsWith', ['cfcd'], "starts_with(CAST(id AS VARCHAR), 'cfcd')"],
  ]
  test.each(FILTERS)('%s %s %j', async (dimension, op, values, sql) => {
    const found = await ask({ measures: ['events'], filters: [{ dimension, op, values }] })
    const expected = await duckdb(`SELECT count(*) AS events FROM ${TAKEN} AND ${sql}`)
    expect(found).toEqual(expected)
    // A filter that lets all or nothing pass would not tell.
    expect(Number(expected[0]!['events'])).toBeGreaterThan(0)
    expect(Number(expected[0]!['events'])).toBeLessThan(2 * PARTITION_END * 0.8)
  })

  test('must all hold, beside a time range', async () => {
    const found = await ask({
      measures: ['events'],
      timeRange: { from: '2026-03-08T12:00', to: '2026-11-01T06:00' },
      filters: [
        { dimension: 'flag', op: 'equals', values: [false] },
        { dimension: 'rest', op: 'lte', values: [0] },
      ],
    })
    const range = `ts >= TIMESTAMP '2026-03-08 12:00:00' AND ts < TIMESTAMP '2026-11-01 06:00:00'`
    expect(found).toEqual(
      await duckdb(`SELECT count(*) AS events FROM ${TAKEN} AND NOT flag AND n % 3 <= 0 AND ${range}`),
    )
  })
})

describe('order and pages', () => {
  test('go by measures and dimensions, nulls last', async () => {
    const found = await ask({
      measures: ['sum_n'],
      dimensions: ['word'],
      order: [{ by: 'sum_n', desc: true }],
    })
    expect(found).toEqual(
      await duckdb(`SELECT word, sum(n) AS sum_n FROM ${TAKEN} GROUP BY word ORDER BY sum(n) DESC`),
    )
    const words = await ask({ measures: [], dimensions: ['word'], order: [{ by: 'word', desc: true }] })
    expect(words.at(-1)).toEqual({ word: null })
  })

  test('neither repeat nor lose rows', async () => {
    const question: Question = {
      measures: ['events'],
      dimensions: ['word', 'rest', 'flag'],
      order: [{ by: 'flag' }],
    }
    const all = await ask(question)
    const paged: Row[] = []
    for (let offset = 0; offset < all.length; offset += 7)
      paged.push(...(await ask({ ...question, limit: 7, offset })))
    expect(paged).toEqual(all)
    expect(all.length).toBeGreaterThan(20)
    expect(await ask({ ...question, offset: all.length })).toEqual([])
  })
})

describe('buckets', () => {
  const GRAINS = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']
  const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'America/Sao_Paulo']
  test.each(ZONES.flatMap(zone => GRAINS.map(grain => [grain, zone])))('%s in %s', async (grain, zone) => {
    const found = await ask({ measures: ['events'], grain: grain!, timeZone: zone! })
    const times = await duckdb(`SELECT epoch(ts) AS at FROM ${TAKEN}`)
    const expected = new Map<string, number>()
    for (const { at } of times) {
      const bucket = localBucket(Number(at), grain!, zone!)
      expected.set(bucket, (expected.get(bucket) ?? 0) + 1)
    }
    // The hour that a change of clocks repeats makes two buckets of one local time; a day whose midnight a change
    // leaves out begins at one.
    const byLocalTime = new Map<string, number>()
    for (const row of found) {
      const local = String(row['time'])
        .slice(0, 19)
        .replace('2018-11-04T01:00:00', grain === 'day' ? '2018-11-04T00:00:00' : '$&')
      byLocalTime.set(local, (byLocalTime.get(local) ?? 0) + Number(row['events']))
    }
    expect([...byLocalTime].sort()).toEqual([...expected].sort())
    for (const row of found) expect(row['time']).toBe(withOffset(String(row['time']), zone!))
  })

  test('of a range that begins and ends in a time zone', async () => {
    const found = await ask({
      measures: ['events'],
      grain: 'day',
      timeZone: 'America/New_York',
      timeRange: { from: '2026-03-08', to: '2026-03-09' },
    })
    const expected = await duckdb(`SELECT count(*) AS events FROM ${TAKEN}
      AND ts >= TIMESTAMP '2026-03-08 05:00:00' AND ts < TIMESTAMP '2026-03-09 04:00:00'`)
    expect(found).toEqual([{ time: '2026-03-08T00:00:00-05:00', ...expected[0] }])
  })
})

function localText(at: number | Date, timeZone: string): string {
  const form = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  return form.format(at).replace(' ', 'T')
}

/** The local start of the bucket that holds an instant, by the calendar of the JavaScript engine. */
function localBucket(epochSeconds: number, grain: string, zone: string): string {
  const text = localText(Math.floor(epochSeconds) * 1000, zone)
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number]
  const midnight = (...date: [number, number, number]) =>
    new Date(Date.UTC(...date)).toISOString().slice(0, 19)
  switch (grain) {
    case 'minute':
      return `${text.slice(0, 16)}:00`
    case 'hour':
      return `${text.slice(0, 13)}:00:00`
    case 'day':
      return midnight(year, month - 1, day)
    case 'week':
      return midnight(year, month - 1, day - ((new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7))
    case 'month':
      return midnight(year, month - 1, 1)
    case 'quarter':
      return midnight(year, month - 1 - ((month - 1) % 3), 1)
    default:
      return midnight(year, 0, 1)
  }
}

/** The same instant as RFC 3339 writes it with the zone's offset. */
function withOffset(time: string, timeZone: string): string {
  const at = new Date(time)
  const offset = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find(part => part.type === 'timeZoneName')!
    .value.replace('GMT', '')
  return `${localText(at, timeZone)}${timeZone === 'UTC' ? 'Z' : offset}`
}
