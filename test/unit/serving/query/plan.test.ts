import { describe, expect, test } from 'vitest'
import type { ErrorCode, TwofoldError } from '../../../../core/model/errors.ts'
import type { Grain } from '../../../../core/model/grain.ts'
import { planQuery } from '../../../../serving/query/plan.ts'
import { checkRequest, MAX_ROWS } from '../../../../serving/query/request.ts'
import { compiledView } from './fixture.ts'

const plan = (request: object, grain: Grain = 'minute') =>
  planQuery(checkRequest({ view: 'sales', ...request }), compiledView(grain))
const seconds = (text: string) => Date.parse(text) / 1000

test('a question that says nothing asks for all measures of all time', () => {
  expect(plan({})).toEqual({
    view: 'sales',
    measures: ['orders', 'revenue', 'ratios'],
    dimensions: [],
    fromSeconds: undefined,
    toSeconds: undefined,
    buckets: undefined,
    filters: [],
    having: [],
    fill: undefined,
    order: [],
    limit: MAX_ROWS + 1,
    offset: 0,
  })
})

describe('times', () => {
  test.each([
    ['2026-01-31T08:00:00Z', 'UTC', '2026-01-31T08:00:00Z'],
    ['2026-01-31T08:00:00+05:30', 'UTC', '2026-01-31T02:30:00Z'],
    ['2026-01-31 08:00', 'UTC', '2026-01-31T08:00:00Z'],
    ['2026-01-31', 'UTC', '2026-01-31T00:00:00Z'],
    ['2026-01-31', 'America/New_York', '2026-01-31T05:00:00Z'],
    ['2026-07-31T00:00:00.000000', 'America/New_York', '2026-07-31T04:00:00Z'],
    ['1960-02-29', 'Asia/Kolkata', '1960-02-28T18:30:00Z'],
    // Half past one comes twice that night: the first one counts. Half past two does not come that day.
    ['2026-11-01T01:30', 'America/New_York', '2026-11-01T05:30:00Z'],
    ['2026-03-08T02:30', 'America/New_York', '2026-03-08T07:30:00Z'],
    ['2200-07-01', 'Europe/Berlin', '2200-06-30T22:00:00Z'],
  ])('%s in %s is %s', (from, timeZone, expected) => {
    expect(plan({ timeRange: { from }, timeZone }).fromSeconds).toBe(seconds(expected))
  })

  test('a range may be open on either side', () => {
    expect(plan({ timeRange: { to: '2026-01-31' } })).toMatchObject({
      fromSeconds: undefined,
      toSeconds: seconds('2026-01-31'),
    })
  })

  test('a zone is known by any spelling', () => {
    expect(plan({ grain: 'hour', timeZone: 'america/new_york' }).buckets?.timeZone).toBe('America/New_York')
  })

  test.each([
    ['week', '2026-01-01', ['2025-12-29T00:00:00Z', '2026-01-05T00:00:00Z']],
    ['week', '1969-12-31', ['1969-12-29T00:00:00Z', '1970-01-05T00:00:00Z']],
    ['month', '2026-02-02', ['2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z']],
    ['quarter', '2026-12-02', ['2026-10-01T00:00:00Z', '2027-01-01T00:00:00Z']],
    ['year', '1969-12-02', ['1969-01-01T00:00:00Z', '1970-01-01T00:00:00Z']],
    ['hour', '2026-01-01T10:15', ['2026-01-01T10:00:00Z', '2026-01-01T11:00:00Z']],
    ['second', '2026-01-01T10:15:00.000001', ['2026-01-01T10:15:00Z', '2026-01-01T10:15:01Z']],
  ] as const)('the nearest starts of a %s are named', (grain, from, nearest) => {
    expect(() => plan({ timeRange: { from } }, grain)).toThrow(
      expect.objectContaining({ code: 'RANGE_OFF_GRAIN', details: expect.objectContaining({ nearest }) }),
    )
  })
})

describe('RANGE_OFF_GRAIN', () => {
  const refused = (request: object, grain: Grain) => {
    try {
      plan(request, grain)
    } catch (error) {
      return error as TwofoldError
    }
    throw new Error('not refused')
  }

  test('names the zone in which a time was read, and what to do', () => {
    const kolkata = { timeRange: { from: '2026-01-31' }, timeZone: 'Asia/Kolkata' }
    const error = refused(kolkata, 'hour')
    expect(error.code).toBe('RANGE_OFF_GRAIN')
    expect(error.message).toBe(
      'timeRange.from: at 2026-01-31 in Asia/Kolkata (2026-01-30T18:30:00Z) no hour begins in UTC, and the view is kept by hour in UTC.',
    )
    expect(error.hint).toBe(
      'The nearest are 2026-01-30T18:00:00Z and 2026-01-30T19:00:00Z. For ranges that begin at 2026-01-31 in Asia/Kolkata, declare the view with the grain minute.',
    )
  })

  test('names no zone for a time that has an offset', () => {
    const offset = { timeRange: { from: '2026-01-31T00:00:00+05:30' }, timeZone: 'Asia/Kolkata' }
    expect(refused(offset, 'hour').message).toMatch(
      /^timeRange.from: at 2026-01-31T00:00:00\+05:30 \(2026-01-30T18:30:00Z\) no hour/,
    )
  })
})

describe('widths of buckets', () => {
  test.each([
    ['15 minutes', 'minute', 15],
    ['1 minute', 'minute', 1],
    ['60 minutes', 'hour', 1],
    ['6 hours', 'hour', 6],
    ['24 hours', 'day', 1],
    ['6 months', 'month', 6],
    ['2 quarters', 'quarter', 2],
    ['12 months', 'year', 1],
    ['30 seconds', 'second', 30],
  ] as const)('%s', (grain, unit, count) => {
    expect(plan({ grain }, 'second').buckets?.width).toMatchObject({ unit, count })
  })

  test.each([
    ['7 minutes', 'second', 'GRAIN_UNEVEN', /divide a hour|divide an hour/],
    ['90 minutes', 'second', 'GRAIN_UNEVEN', /evenly/],
    ['5 hours', 'second', 'GRAIN_UNEVEN', /1, 2, 3, 4, 6, 8, 12, 24 hours/],
    ['0 hours', 'second', 'GRAIN_UNEVEN', /hours/],
    ['2 days', 'second', 'GRAIN_UNEVEN', /only single days/],
    ['2 weeks', 'second', 'GRAIN_UNEVEN', /only single weeks/],
    ['10 years', 'second', 'GRAIN_UNEVEN', /only single years/],
    ['5 months', 'second', 'GRAIN_UNEVEN', /year/],
    ['15minutes', 'second', 'GRAIN_UNKNOWN', /minutes/],
    ['15 mins', 'second', 'GRAIN_UNKNOWN', /mins/],
    ['-15 minutes', 'second', 'GRAIN_UNKNOWN', /minutes/],
    ['1.5 hours', 'second', 'GRAIN_UNKNOWN', /hours/],
    ['hours', 'second', 'GRAIN_UNKNOWN', /hour/],
    ['30 seconds', 'minute', 'GRAIN_TOO_FINE', /30 seconds is not made of whole minutes/],
    ['15 minutes', 'hour', 'GRAIN_TOO_FINE', /15 minutes/],
    ['2 months', 'quarter', 'GRAIN_TOO_FINE', /2 months/],
  ] as const)('%s of a view by %s: %s', (grain, viewGrain, code, message) => {
    const refused = () => plan({ grain }, viewGrain)
    expect(refused).toThrow(expect.objectContaining({ code }))
    try {
      refused()
    } catch (error) {
      const { message: said, hint } = error as TwofoldError
      expect(`${said} ${hint}`).toMatch(message)
    }
  })

  test('weeks and years may begin elsewhere, where the view is kept finely enough', () => {
    const sunday = { grain: 'week', weekStart: 'sunday' }
    expect(plan(sunday, 'day').buckets?.width).toMatchObject({ unit: 'week', weekStart: 'sunday' })
    expect(() => plan(sunday, 'week')).toThrow(/begins on Sunday is not made of whole weeks/)
    const fiscal = { grain: 'quarter', fiscalYearStart: 2 }
    expect(plan(fiscal, 'month').buckets?.width).toMatchObject({ unit: 'quarter', fiscalYearStart: 2 })
    expect(() => plan(fiscal, 'quarter')).toThrow(/from month 2 is not made of whole quarters/)
    expect(plan({ grain: 'year', fiscalYearStart: 4 }, 'quarter').buckets?.width.fiscalYearStart).toBe(4)
  })
})

describe('filters', () => {
  test.each([
    ['country', 'equals', ['DE', ''], ['DE', '']],
    ['amount', 'in', [1, '-9223372036854775808', '007'], ['1', '-9223372036854775808', '7']],
    ['visitor', 'lt', ['18446744073709551615'], ['18446744073709551615']],
    ['price', 'gte', [0.1], ['0.1']],
    ['price', 'gte', ['99999999.990'], ['99999999.990']],
    ['ratio', 'gt', [1e300], ['1e+300']],
    ['paid', 'equals', [true, 'false'], ['true', 'false']],
    ['day', 'lte', ['2024-02-29'], ['2024-02-29']],
    ['moment', 'equals', ['1969-12-31T23:59:59.5Z'], ['1969-12-31 23:59:59.500000']],
    ['country', 'isNull', undefined, []],
  ])('%s %s %j', (dimension, op, values, expected) => {
    const filter = { dimension, op, ...(values && { values }) }
    expect(plan({ filters: [filter] }).filters).toEqual([{ dimension, op, values: expected }])
  })

  test('may hold null in lists', () => {
    const filters = [{ dimension: 'country', op: 'notIn', values: ['DE', null] }]
    expect(plan({ filters }).filters).toEqual([
      { dimension: 'country', op: 'notIn', values: ['DE'], withNull: true },
    ])
  })

  test('stand in groups, whose places errors name', () => {
    const leaf = { dimension: 'amount', op: 'gt', values: [1] }
    const planned = { dimension: 'amount', op: 'gt', values: ['1'] }
    expect(plan({ filters: [{ or: [leaf, { and: [leaf, leaf] }] }] }).filters).toEqual([
      { or: [planned, { and: [planned, planned] }] },
    ])
    const wrong = { ...leaf, values: ['x'] }
    expect(() => plan({ filters: [leaf, { or: [leaf, { and: [wrong] }] }] })).toThrow(
      /filters\.1\.or\.1\.and\.0: amount gt/,
    )
    let deep: object = leaf
    for (let depth = 0; depth < 12; depth += 1) deep = { or: [deep] }
    expect(() => plan({ filters: [deep] })).toThrow(/more than 10 groups/)
    expect(() => plan({ filters: [{ or: Array.from({ length: 101 }, () => leaf) }] })).toThrow(
      /more than 100 filters/,
    )
  })

  test('of finished measures have their types', () => {
    const having = [{ measure: 'revenue', op: 'gte', values: [10.5] }]
    expect(plan({ having }).having).toEqual([{ measure: 'revenue', op: 'gte', values: ['10.5'] }])
  })

  test.each([
    ['country', 'equals', [1], /a number/],
    ['country', 'equals', [null], /null is not a value/],
    ['country', 'equals', [], /at least one/],
    ['country', 'in', ['x'.repeat(60_000)], /longer than 60000 bytes/],
    ['country', 'gt', ['a', 'b'], /takes one value, got 2/],
    ['country', 'isNull', ['a'], /takes no values/],
    ['amount', 'contains', ['1'], /text only/],
    ['amount', 'equals', [1.5], /not a whole number/],
    ['amount', 'equals', [2 ** 53], /lost digits/],
    ['amount', 'equals', ['9223372036854775808'], /not within/],
    ['amount', 'equals', [true], /not a whole number/],
    ['visitor', 'equals', [-1], /not within/],
    ['price', 'equals', ['0.001'], /more than 2 digits behind/],
    ['price', 'equals', ['100000000'], /more than 8 digits before/],
    ['price', 'equals', [Number('12345678901234.567')], /lost digits/],
    ['ratio', 'equals', ['NaN'], /not a number/],
    ['ratio', 'equals', ['1e999'], /not a number/],
    ['paid', 'equals', [1], /neither true nor false/],
    ['paid', 'gt', [true], /no order/],
    ['day', 'equals', ['2026-02-29'], /not a date/],
    ['day', 'equals', ['2300-01-01'], /not within/],
    ['moment', 'equals', ['yesterday'], /not a time/],
    ['moment', 'equals', ['1899-12-31T23:59:59Z'], /not within/],
  ])('%s %s %j is refused', (dimension, op, values, message) => {
    expect(() => plan({ filters: [{ dimension, op, values }] })).toThrow(
      expect.objectContaining({ code: 'FILTER_INVALID', message: expect.stringMatching(message) }),
    )
  })
})

describe('what cannot be asked is refused', () => {
  const BAD: readonly [what: string, request: object, code: ErrorCode, grain?: Grain][] = [
    ['measure', { measures: ['order'] }, 'MEASURE_UNKNOWN'],
    ['dimension', { dimensions: ['countr'] }, 'DIMENSION_UNKNOWN'],
    ['dimension of a filter', { filters: [{ dimension: 'x', op: 'isNull' }] }, 'DIMENSION_UNKNOWN'],
    ['operator', { filters: [{ dimension: 'country', op: 'equal', values: ['x'] }] }, 'OPERATOR_UNKNOWN'],
    ['order', { order: [{ by: 'country' }] }, 'ORDER_UNKNOWN'],
    ['time without grain', { order: [{ by: 'time' }] }, 'ORDER_UNKNOWN'],
    ['order by a list', { order: [{ by: 'ratios' }] }, 'ORDER_UNKNOWN'],
    ['grain', { grain: 'days' }, 'GRAIN_UNKNOWN'],
    ['finer grain', { grain: 'hour' }, 'GRAIN_TOO_FINE', 'day'],
    ['month of weeks', { grain: 'month' }, 'GRAIN_TOO_FINE', 'week'],
    ['zone', { timeZone: 'Mars/Olympus' }, 'TIME_ZONE_UNKNOWN'],
    ['offset for a zone', { timeZone: '+02:00' }, 'TIME_ZONE_UNKNOWN'],
    ['zone off the hour', { grain: 'day', timeZone: 'Asia/Kolkata' }, 'TIME_ZONE_OFF_GRAIN', 'hour'],
    ['zone off the day', { grain: 'day', timeZone: 'Europe/Berlin' }, 'TIME_ZONE_OFF_GRAIN', 'day'],
    ['zone off the week', { grain: 'week', timeZone: 'Europe/Berlin' }, 'TIME_ZONE_OFF_GRAIN', 'week'],
    ['empty range', { timeRange: { from: '2026-01-01', to: '2026-01-01' } }, 'TIME_RANGE_EMPTY'],
    ['day', { timeRange: { from: '2026-02-30' } }, 'TIME_INVALID'],
    ['hour', { timeRange: { from: '2026-02-03T24:00' } }, 'TIME_INVALID'],
    ['too small a time', { timeRange: { from: '2026-02-03T00:00:00.0000001' } }, 'TIME_INVALID'],
    ['unknown field', { mesures: [] }, 'QUERY_INVALID'],
    ['unknown field within', { timeRange: { form: '2026-01-01' } }, 'QUERY_INVALID'],
    ['nothing', { measures: [] }, 'QUERY_INVALID'],
    ['day of the week', { weekStart: 'sonntag' }, 'QUERY_INVALID'],
    [
      'fill without a grain',
      { fill: true, timeRange: { from: '2026-01-01', to: '2026-02-01' } },
      'QUERY_INVALID',
    ],
    ['fill without an end', { fill: true, grain: 'day', timeRange: { from: '2026-01-01' } }, 'QUERY_INVALID'],
    ['fill with what', { fill: 'linear', grain: 'day' }, 'QUERY_INVALID'],
    ['filter that is nothing', { filters: [{}] }, 'QUERY_INVALID'],
    ['filter without operator', { filters: [{ or: [{ dimension: 'country' }] }] }, 'QUERY_INVALID'],
    ['group of nothing', { filters: [{ or: [] }] }, 'QUERY_INVALID'],
    ['group beside a filter', { filters: [{ dimension: 'country', op: 'isNull', or: [] }] }, 'QUERY_INVALID'],
    ['two groups in one', { filters: [{ or: [], and: [] }] }, 'QUERY_INVALID'],
    [
      'misspelt field in a group',
      { filters: [{ or: [{ dimension: 'country', operator: 'in' }] }] },
      'QUERY_INVALID',
    ],
    ['dimension in having', { having: [{ dimension: 'country', op: 'isNull' }] }, 'QUERY_INVALID'],
    ['measure of having', { having: [{ measure: 'order', op: 'isNull' }] }, 'MEASURE_UNKNOWN'],
    ['list in having', { having: [{ measure: 'ratios', op: 'isNull' }] }, 'FILTER_INVALID'],
    ['value in having', { having: [{ measure: 'orders', op: 'gt', values: [1.5] }] }, 'FILTER_INVALID'],
    ['month of a fiscal year', { fiscalYearStart: 13 }, 'QUERY_INVALID'],
    ['measure twice', { measures: ['orders', 'orders'] }, 'QUERY_INVALID'],
    ['dimension twice', { dimensions: ['day', 'day'] }, 'QUERY_INVALID'],
    ['order twice', { order: [{ by: 'orders' }, { by: 'orders', desc: true }] }, 'QUERY_INVALID'],
    ['negative limit', { limit: -1 }, 'QUERY_INVALID'],
    ['fractional limit', { limit: 1.5 }, 'QUERY_INVALID'],
    ['too large a limit', { limit: MAX_ROWS + 1 }, 'QUERY_INVALID'],
    ['negative offset', { offset: -1 }, 'QUERY_INVALID'],
    ['limit in words', { limit: '10' }, 'QUERY_INVALID'],
    ['list for a view', { view: ['sales'] }, 'QUERY_INVALID'],
  ]
  test.each(BAD)('%s: %j', (_what, request, code, grain = 'minute') => {
    expect(() => plan(request, grain)).toThrow(expect.objectContaining({ code }))
  })

  test('with what may have been meant', () => {
    const hint = (text: string) => expect.objectContaining({ hint: `Did you mean ${text}?` })
    expect(() => plan({ measures: ['revenu'] })).toThrow(hint('revenue'))
    expect(() => plan({ dimensons: [] })).toThrow(hint('dimensions'))
    expect(() => plan({ grain: 'mont' })).toThrow(hint('month'))
  })
})

test('a zone needs to be on the grain only within the range asked', () => {
  const kolkata = { grain: 'hour', timeZone: 'Asia/Kolkata' }
  const before = { from: '1901-01-01T00:00Z', to: '1902-01-01T00:00Z' }
  expect(plan(kolkata).buckets?.mayCut).toBe(true)
  expect(() => plan({ ...kolkata, timeRange: before })).toThrow(
    expect.objectContaining({ code: 'TIME_ZONE_OFF_GRAIN' }),
  )
})
