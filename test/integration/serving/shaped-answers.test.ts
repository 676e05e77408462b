import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { m, view } from '../../../core/index.ts'
import { bindView } from '../../../core/io/duckdb/bind-view.ts'
import { type BucketWidth, wholeUnit } from '../../../core/model/time-buckets.ts'
import { catalogue } from '../../../serving/catalogue.ts'
import type { FilterRequest } from '../../../serving/query/filter.ts'
import type { QueryRequest } from '../../../serving/query/request.ts'
import type { QueryRunner } from '../../../serving/query/run.ts'
import { ServedViews } from '../../../serving/query/served-views.ts'
import { allKinds, events as stream, TAKEN } from '../../support/all-kinds.ts'
import { type MergedView, withMergedViews } from '../../support/merged-view.ts'
import { oracleBucket, oracleText } from '../../support/zone-oracle.ts'

/** An event as the reference sees it; a price is in hundredths. */
interface Event {
  readonly at: number
  readonly word: string | null
  readonly rest: number
  readonly flag: boolean
  readonly n: number
  readonly price: number | null
}

type Row = Record<string, unknown>
type Question = Omit<QueryRequest, 'view'>

const mergedView = withMergedViews()
let merged: MergedView
let queries: QueryRunner
let events: Event[]

beforeAll(async () => {
  merged = await mergedView()
  await merged.decideOrigins()
  await merged.writeChain()
  await merged.publish({ 0: 64, 1: 128 })
  queries = merged.runner({
    ...merged.view,
    computed: [
      { name: 'mean_price', computed: { kind: 'ratio', of: ['sum_price', 'flagged'] } },
      { name: 'flagged_share', computed: { kind: 'percent', of: ['flagged', 'events'] } },
    ],
  })
  const rows = await merged.session.rows<Row>(
    `SELECT epoch(ts) AS at, word, n % 3 AS rest, flag, n, CAST(price * 100 AS BIGINT) AS price FROM ${TAKEN}`,
  )
  events = rows.map(({ at, word, rest, flag, n, price }) => ({
    at: Math.floor(Number(at)),
    word: word as string | null,
    rest: Number(rest),
    flag: flag as boolean,
    n: Number(n),
    price: price === null ? null : Number(price),
  }))
})

/** The rows of an answer, with numbers as numbers. */
async function ask(question: Question): Promise<Row[]> {
  const { rows } = await queries.ask({ view: allKinds.name, ...question })
  return rows.map(row => JSON.parse(row))
}

const MEASURES = [
  'events',
  'flagged',
  'sum_n',
  'sum_price',
  'max_price',
  'mean_price',
  'flagged_share',
] as const

/** The measures of some events; of an empty bucket, sums are what `fill` says. */
function measuresOf(some: readonly Event[], fill?: 'zero' | 'null'): Row {
  const isFilled = some.length === 0 && fill !== undefined
  if (isFilled && fill === 'null') return Object.fromEntries(MEASURES.map(name => [name, null]))
  const prices = some.flatMap(({ price }) => (price === null ? [] : [price]))
  const sum = (values: readonly number[]) =>
    values.length === 0 ? (isFilled ? 0 : null) : values.reduce((total, value) => total + value, 0)
  const flagged = some.filter(({ flag }) => flag).length
  const cents = sum(prices)
  return {
    events: some.length,
    flagged,
    sum_n: sum(some.map(({ n }) => n)),
    sum_price: cents === null ? null : cents / 100,
    max_price: prices.length === 0 ? null : Math.max(...prices) / 100,
    mean_price: flagged === 0 || cents === null ? null : cents / 100 / flagged,
    flagged_share: some.length === 0 ? null : 100 * (flagged / some.length),
  }
}

type Condition = FilterRequest<'dimension' | 'measure'>

/** Whether a row, or an event, is what a filter lets through; null is let through where it is asked for alone. */
function holds(filter: Condition, of: (name: string) => unknown): boolean {
  if (filter.or !== undefined) return filter.or.some(part => holds(part, of))
  if (filter.and !== undefined) return filter.and.every(part => holds(part, of))
  const value = of(filter.dimension ?? filter.measure!) as string | number | boolean | null
  const values = filter.values ?? []
  const [first] = values as [number]
  switch (filter.op) {
    case 'in':
      return values.includes(value)
    case 'notIn':
      return !values.includes(value)
    case 'isNull':
      return value === null
    case 'isNotNull':
      return value !== null
    case 'gt':
      return value !== null && Number(value) > first
    case 'lte':
      return value !== null && Number(value) <= first
    default:
      throw new Error(`no reference for ${filter.op}`)
  }
}

interface Asked extends Question {
  readonly dimensions: ('word' | 'rest' | 'flag')[]
}

/** The rows that a question has, by a loop over all events. */
function reference(question: Asked, width: BucketWidth | undefined): Row[] {
  const { dimensions, timeZone = 'UTC', timeRange, fill } = question
  const value = fill === true ? 'zero' : (fill as 'zero' | 'null' | undefined)
  const from = timeRange?.from === undefined ? -Infinity : Date.parse(timeRange.from) / 1000
  const to = timeRange?.to === undefined ? Infinity : Date.parse(timeRange.to) / 1000
  const taken = events.filter(
    event =>
      event.at >= from &&
      event.at < to &&
      (question.filters ?? []).every(one => holds(one, name => event[name as 'word'])),
  )
  const groups = new Map<string, { time: number | undefined; values: Row; events: Event[] }>()
  const group = (time: number | undefined, values: Row) => {
    const key = JSON.stringify([time, values])
    const known = groups.get(key) ?? { time, values, events: [] }
    groups.set(key, known)
    return known
  }
  const valuesOf = (event: Event) => Object.fromEntries(dimensions.map(name => [name, event[name]]))
  if (width === undefined && dimensions.length === 0) group(undefined, {})
  for (const event of taken) {
    const time = width === undefined ? undefined : oracleBucket(timeZone, width, event.at)
    group(time, valuesOf(event)).events.push(event)
  }
  if (value !== undefined) {
    const tuples = dimensions.length === 0 ? [{}] : taken.map(valuesOf)
    const distinct = [...new Map(tuples.map(tuple => [JSON.stringify(tuple), tuple])).values()]
    for (let at = from; at < to; at += 900)
      for (const tuple of distinct) group(oracleBucket(timeZone, width!, at), tuple)
  }
  const rows = [...groups.values()].map(({ time, values, events: some }) => ({
    at: time ?? 0,
    row: {
      ...(time !== undefined && { time: timeZone === 'UTC' ? utcText(time) : oracleText(timeZone, time) }),
      ...values,
      ...measuresOf(some, value),
    } as Row,
  }))
  const kept = rows.filter(({ row }) => (question.having ?? []).every(one => holds(one, name => row[name])))
  const compare = (a: unknown, b: unknown): number => {
    if (a === b) return 0
    if (a === null || b === null) return a === null ? 1 : -1
    if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
    return Number(a) - Number(b)
  }
  kept.sort((a, b) => {
    for (const { by, desc } of question.order ?? []) {
      const [x, y] = [a.row[by], b.row[by]]
      if (x === null || y === null ? x !== y : x !== y)
        return x === null || y === null ? compare(x, y) : compare(x, y) * (desc ? -1 : 1)
    }
    return (
      a.at - b.at || dimensions.map(name => compare(a.row[name], b.row[name])).find(order => order !== 0) || 0
    )
  })
  const { offset = 0, limit = kept.length } = question
  return kept.slice(offset, offset + limit).map(({ row }) => row)
}

function utcText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '')
}

function rounded(rows: readonly Row[]): Row[] {
  const round = (value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(10)) + 0 : value)
  return rows.map(row => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, round(value)])))
}

async function expectReference(question: Asked, width?: BucketWidth): Promise<Row[]> {
  const found = await ask({ measures: [...MEASURES], ...question })
  expect(rounded(found)).toEqual(rounded(reference(question, width)))
  return found
}

describe('F8: filters', () => {
  test('hold where one of an or group does, within and, within or', async () => {
    const filters: Question['filters'] = [
      {
        or: [
          { dimension: 'word', op: 'in', values: ['red'] },
          {
            and: [
              { dimension: 'rest', op: 'gt', values: [0] },
              {
                or: [
                  { dimension: 'flag', op: 'in', values: [true] },
                  { dimension: 'word', op: 'isNull' },
                ],
              },
            ],
          },
        ],
      },
      { dimension: 'rest', op: 'isNotNull' },
    ]
    const rows = await expectReference({ dimensions: ['word', 'flag'], filters })
    expect(rows.length).toBeGreaterThan(5)
  })

  test('take null among the values of in and notIn', async () => {
    const events = async (op: string, values: (string | null)[]) =>
      (await expectReference({ dimensions: [], filters: [{ dimension: 'word', op, values }] }))[0]![
        'events'
      ] as number
    const all = (await expectReference({ dimensions: [] }))[0]!['events'] as number
    const [some, nulls] = [await events('in', ['red', null]), await events('in', [null])]
    expect(some).toBeGreaterThan(nulls)
    expect(nulls).toBeGreaterThan(0)
    expect(await events('notIn', ['red', null])).toBe(all - some)
    expect(await events('notIn', [null])).toBe(all - nulls)
    expect(await events('notIn', ['red'])).toBe(all - some + nulls)
  })
})

describe('F8: having', () => {
  test('filters finished values, of measures that are not asked for too', async () => {
    const having = [
      {
        or: [
          { measure: 'events', op: 'gt', values: [30] },
          { measure: 'sum_n', op: 'lte', values: [-3000] },
        ],
      },
    ]
    const rows = await expectReference({ dimensions: ['word', 'rest'], having })
    const all = await expectReference({ dimensions: ['word', 'rest'] })
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.length).toBeLessThan(all.length)
    expect(await ask({ measures: [], dimensions: ['word', 'rest'], having })).toEqual(
      rows.map(({ word, rest }) => ({ word, rest })),
    )
  })

  test('leaves the coverage as it is, where it leaves no row', async () => {
    const question = { view: allKinds.name, measures: ['events'] }
    const none = await queries.ask({ ...question, having: [{ measure: 'events', op: 'gt', values: [1e9] }] })
    expect(none.rows).toEqual([])
    expect(none.coverage).toEqual({ ...(await queries.ask(question)).coverage })
  })

  test('takes dates, instants, texts and decimals', async () => {
    const having = [
      { measure: 'min_day', op: 'gte', values: ['1960-01-01'] },
      { measure: 'max_moment', op: 'gt', values: ['2199-12-31T23:59:59Z'] },
      { measure: 'min_word', op: 'startsWith', values: ['b'] },
      { measure: 'sum_price', op: 'lt', values: ['100000000.25'] },
      { measure: 'median_n', op: 'isNotNull' },
    ]
    expect(await ask({ measures: ['min_word'], having })).toEqual([{ min_word: 'blue' }])
  })
})

describe('F8: computed measures', () => {
  test('are computed from finished values, null where they divide by 0, and are asked for by default', async () => {
    const rows = await expectReference({ dimensions: ['word', 'rest', 'flag'] })
    expect(rows.some(row => row['mean_price'] === null)).toBe(true)
    expect(rows.some(row => row['mean_price'] !== null)).toBe(true)
    const { meta } = await queries.ask({ view: allKinds.name })
    expect(meta.slice(-2)).toEqual([
      { name: 'mean_price', type: 'double' },
      { name: 'flagged_share', type: 'double' },
    ])
  })

  test('change neither the version of the view nor what is kept of it', async () => {
    const measures = Object.fromEntries(allKinds.measures.map(({ name, measure }) => [name, measure]))
    const dimensions = Object.fromEntries(
      allKinds.dimensions.map(({ name, expression }) => [name, expression]),
    )
    const { name, grain, where } = allKinds
    const plain = view({ name, grain, from: stream, where: where!, dimensions, measures })
    expect((await bindView(merged.session, stream, plain)).version).toBe(merged.view.version)
    const more = view({
      name,
      grain,
      from: stream,
      where: where!,
      dimensions,
      measures: { ...measures, ratio_n: m.ratio('sum_n', 'events') },
    })
    const bound = await bindView(merged.session, stream, more)
    expect(bound.version).toBe(merged.view.version)
    expect(bound.computed).toEqual(more.computed)
    const texts = { ...measures, ratio_n: m.ratio('min_word', 'events') }
    const wrong = view({ name, grain, from: stream, where: where!, dimensions, measures: texts })
    await expect(bindView(merged.session, stream, wrong)).rejects.toThrow(
      /measures.ratio_n: ratio takes numbers, and min_word/,
    )
  })

  test('stand in the catalogue', async () => {
    const computed = [
      { name: 'mean_n', computed: { kind: 'ratio' as const, of: ['sum_n', 'events'] as const } },
    ]
    const views = new ServedViews(merged.clickhouse, [{ ...merged.view, computed }])
    const [entry] = await catalogue(views)
    expect(entry!.measures.at(-1)).toEqual({
      name: 'mean_n',
      kind: 'ratio',
      type: 'double',
      of: ['sum_n', 'events'],
    })
  })

  test('of a version that keeps less are those that it can compute', async () => {
    const { measures } = merged.view
    const fewer = { ...merged.view, version: '000000000000', measures: measures.slice(0, 3) }
    const computed = [
      { name: 'mean_n', computed: { kind: 'ratio' as const, of: ['sum_n', 'events'] as const } },
      { name: 'new', computed: { kind: 'ratio' as const, of: ['is_new', 'events'] as const } },
    ]
    // The configured version is not the one that is published.
    const { meta } = await merged.runner({ ...fewer, computed }).ask({ view: allKinds.name, limit: 1 })
    expect(meta.at(-1)).toEqual({ name: 'mean_n', type: 'double' })
  })

  test('order rows and are held against filters', async () => {
    const question: Asked = {
      dimensions: ['word', 'rest'],
      having: [{ measure: 'flagged_share', op: 'gt', values: [25.5] }],
      order: [{ by: 'mean_price', desc: true }],
    }
    expect((await expectReference(question)).length).toBeGreaterThan(3)
  })
})

describe('F8: fill', () => {
  const day = { from: '2026-03-08T00:00:00Z', to: '2026-03-10T00:00:00Z' }
  const hour = wholeUnit('hour')

  test('adds every bucket of the range, across a change of clocks', async () => {
    const rows = await expectReference(
      { dimensions: [], grain: 'hour', timeZone: 'America/New_York', timeRange: day, fill: true },
      hour,
    )
    expect(rows).toHaveLength(48)
    expect(rows.filter(row => row['events'] === 0).length).toBeGreaterThan(10)
    expect(rows.at(-1)).toMatchObject({
      events: 0,
      sum_n: 0,
      sum_price: 0,
      max_price: null,
      mean_price: null,
    })
  })

  test('adds them for each tuple of the dimensions, and only to rows that filters leave', async () => {
    const filters = [{ dimension: 'rest', op: 'gt', values: [0] }]
    const rows = await expectReference(
      { dimensions: ['word', 'flag'], grain: '6 hours', timeRange: day, fill: 'zero', filters },
      { ...hour, count: 6 },
    )
    expect(rows.length % 8).toBe(0)
  })

  test('with null shows what nothing is known of', async () => {
    const rows = await expectReference(
      { dimensions: ['flag'], grain: 'day', timeRange: { ...day, to: '2026-03-12T00:00:00Z' }, fill: 'null' },
      wholeUnit('day'),
    )
    expect(rows).toHaveLength(8)
    expect(rows.at(-1)).toMatchObject({ flag: true, events: null, sum_n: null })
  })

  test('goes before having, order and pages', async () => {
    const question: Asked = {
      dimensions: ['word'],
      grain: 'hour',
      timeRange: { from: '1969-12-31T12:00:00Z', to: '1970-01-02T00:00:00Z' },
      fill: 'zero',
      having: [{ measure: 'events', op: 'lte', values: [1] }],
      order: [{ by: 'sum_n', desc: true }, { by: 'word' }],
      limit: 20,
      offset: 15,
    }
    expect(await expectReference(question, hour)).toHaveLength(20)
  })

  test('fills where there is no event at all', async () => {
    const timeRange = { from: '1990-01-01T00:00:00Z', to: '1990-04-01T00:00:00Z' }
    const months = await expectReference(
      { dimensions: [], grain: 'month', timeRange, fill: true },
      wholeUnit('month'),
    )
    expect(months.map(row => row['events'])).toEqual([0, 0, 0])
    expect(
      await expectReference(
        { dimensions: ['word'], grain: 'month', timeRange, fill: true },
        wholeUnit('month'),
      ),
    ).toEqual([])
    const decades = { from: '1900-01-01T00:00:00Z', to: '2300-01-01T00:00:00Z' }
    const all = await ask({
      measures: ['events'],
      grain: 'month',
      timeRange: decades,
      fill: true,
      timeZone: 'Europe/Berlin',
    })
    expect(all).toHaveLength(4801)
    expect(new Set(all.map(row => row['time'])).size).toBe(4801)
  })

  test('shows measures of every kind as those of nothing, but sums as 0; with null, all that are no lists', async () => {
    const [nothing] = await ask({ filters: [{ dimension: 'word', op: 'in', values: ['nowhere'] }] })
    const empty = { grain: 'day', timeRange: { from: '1990-01-01', to: '1990-01-02' } }
    const [zero] = await ask({ ...empty, fill: 'zero' })
    expect(zero).toEqual({ time: '1990-01-01T00:00:00Z', ...nothing, sum_n: 0, sum_price: 0, sum_x: 0 })
    const [nulls] = await ask({ ...empty, fill: 'null' })
    const unknown = Object.entries(nothing!).map(([name, value]) => [
      name,
      Array.isArray(value) ? value : null,
    ])
    expect(nulls).toEqual({ time: '1990-01-01T00:00:00Z', ...Object.fromEntries(unknown) })
  })

  test('refuses more rows than an answer can have', async () => {
    const century = { from: '1970-01-01', to: '2070-01-01' }
    await expect(ask({ grain: 'minute', timeRange: century, fill: true })).rejects.toMatchObject({
      code: 'RESULT_TOO_LARGE',
    })
    const years = { from: '2018-01-01', to: '2027-01-01' }
    const many = {
      dimensions: ['u', 'word', 'rest', 'day', 'id'],
      grain: 'hour',
      timeRange: years,
      fill: true,
      limit: 10,
    }
    await expect(ask({ measures: ['events'], ...many })).rejects.toMatchObject({ code: 'RESULT_TOO_LARGE' })
  })
})

test('buckets that cut those of the view are refused where it has events in them, and nowhere else', async () => {
  // The offset of Monrovia had seconds until 1972, and the view has events of 1959.
  const monrovia: Asked = { dimensions: [], grain: 'hour', timeZone: 'Africa/Monrovia' }
  await expect(ask({ ...monrovia, measures: ['events'] })).rejects.toMatchObject({
    code: 'TIME_ZONE_OFF_GRAIN',
    message: expect.stringContaining('Africa/Monrovia'),
  })
  const since = { timeRange: { from: '1972-01-08T00:00:00Z' } }
  expect((await expectReference({ ...monrovia, ...since }, wholeUnit('hour'))).length).toBeGreaterThan(20)
  // Markers have no time, whatever stands in their bucket.
  const offAtFirst: Asked = { ...monrovia, grain: 'minute', timeRange: { from: '1971-06-01T00:00:00Z' } }
  expect((await expectReference(offAtFirst, wholeUnit('minute'))).length).toBeGreaterThan(20)
  const until = { timeRange: { from: '1959-12-01T00:00:00Z', to: '1960-02-01T00:00:00Z' } }
  await expect(ask({ ...monrovia, ...until })).rejects.toMatchObject({ code: 'TIME_ZONE_OFF_GRAIN' })
})

const WIDTHS: Readonly<Record<string, BucketWidth>> = {
  '15 minutes': { ...wholeUnit('minute'), count: 15 },
  '2 hours': { ...wholeUnit('hour'), count: 2 },
  '6 hours': { ...wholeUnit('hour'), count: 6 },
  '6 months': { ...wholeUnit('month'), count: 6 },
  hour: wholeUnit('hour'),
  week: wholeUnit('week'),
  quarter: wholeUnit('quarter'),
  year: wholeUnit('year'),
}

describe('F8: drawn questions', () => {
  const dimensionFilter: fc.Arbitrary<FilterRequest<'dimension'>> = fc.oneof(
    fc.record({
      dimension: fc.constant('word'),
      op: fc.constantFrom('in', 'notIn'),
      values: fc.uniqueArray(fc.constantFrom('red', 'ü', 'green', null), { minLength: 1 }),
    }),
    fc.record({
      dimension: fc.constant('rest'),
      op: fc.constantFrom('gt', 'lte'),
      values: fc.constantFrom([-1], [0], [1]),
    }),
    fc.record({ dimension: fc.constantFrom('word', 'flag'), op: fc.constantFrom('isNull', 'isNotNull') }),
  )
  const measureFilter: fc.Arbitrary<FilterRequest<'measure'>> = fc.oneof(
    fc.record({
      measure: fc.constantFrom('events', 'flagged', 'sum_n', 'max_price', 'mean_price', 'flagged_share'),
      op: fc.constantFrom('gt', 'lte'),
      values: fc.constantFrom([0], [1], [5]),
    }),
    fc.record({
      measure: fc.constantFrom('sum_price', 'max_price', 'mean_price'),
      op: fc.constantFrom('isNull', 'isNotNull'),
    }),
  )
  const treeOf = <Name extends 'dimension' | 'measure'>(leaf: fc.Arbitrary<FilterRequest<Name>>) =>
    fc.letrec<{ tree: FilterRequest<Name>; group: FilterRequest<Name> }>(tie => ({
      tree: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie('group')),
      group: fc.oneof(
        fc
          .array(tie('tree'), { minLength: 1, maxLength: 3 })
          .map(or => ({ or }) as unknown as FilterRequest<Name>),
        fc
          .array(tie('tree'), { minLength: 1, maxLength: 3 })
          .map(and => ({ and }) as unknown as FilterRequest<Name>),
      ),
    })).tree
  const drawn = fc.record({
    dimensions: fc.uniqueArray(fc.constantFrom('word' as const, 'rest' as const, 'flag' as const)),
    filters: fc.array(treeOf(dimensionFilter), { maxLength: 2 }),
    having: fc.array(treeOf(measureFilter), { maxLength: 2 }),
    grain: fc.option(fc.constantFrom(...Object.keys(WIDTHS)), { nil: undefined }),
    timeZone: fc.constantFrom(
      'UTC',
      'America/New_York',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Kolkata',
    ),
    weekStart: fc.constantFrom('monday' as const, 'sunday' as const, 'thursday' as const),
    fiscalYearStart: fc.integer({ min: 1, max: 12 }),
    timeRange: fc.constantFrom(
      undefined,
      { from: '1959-12-31T20:00:00Z', to: '1960-01-03T00:00:00Z' },
      { from: '2018-11-03T00:00:00Z', to: '2018-11-06T00:00:00Z' },
      { from: '2026-03-07T20:15:00Z', to: '2026-03-09T01:30:00Z' },
      { from: '2026-10-31T00:00:00Z', to: '2026-11-03T00:00:00Z' },
    ),
    fill: fc.constantFrom('zero' as const, 'null' as const, undefined),
    order: fc.uniqueArray(
      fc.record({ by: fc.constantFrom('events', 'sum_n', 'mean_price'), desc: fc.boolean() }),
      { maxLength: 2, selector: one => one.by },
    ),
    page: fc.constantFrom({}, { limit: 5 }, { limit: 7, offset: 3 }),
  })

  test('have the rows that a loop over the events finds', async () => {
    const numRuns = process.env['FIELD_FULL'] === '1' ? 500 : 25
    let rows = 0
    await fc.assert(
      fc.asyncProperty(drawn, async ({ grain, timeRange, fill, page, ...rest }) => {
        const isFilled = fill !== undefined && grain !== undefined && timeRange !== undefined
        const question: Asked = {
          ...rest,
          ...page,
          ...(grain !== undefined && { grain }),
          ...(timeRange !== undefined && { timeRange }),
          ...(isFilled && { fill }),
        }
        const { weekStart, fiscalYearStart } = rest
        const width = grain === undefined ? undefined : { ...WIDTHS[grain]!, weekStart, fiscalYearStart }
        rows += (await expectReference(question, width)).length
      }),
      { numRuns, seed: 20_261_201 },
    )
    expect(rows).toBeGreaterThan(numRuns)
  }, 1_800_000)
})
