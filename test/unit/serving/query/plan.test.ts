import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../../core/model/errors.ts'
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
