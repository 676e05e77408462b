import type { Refused } from '../running-platform.ts'

/** A question about `sales_by_minute`, and why it has no answer. */
export interface QuestionCase {
  readonly what: string
  readonly question: Readonly<Record<string, unknown>>
  readonly refused: Refused
}

const bad = (code: string, says?: string): Refused => ({
  status: 400,
  code,
  ...(says !== undefined && { says }),
})
const INVALID = bad('QUERY_INVALID')

function filter(values: readonly unknown[] | undefined, op = 'equals', dimension = 'country') {
  return { filters: [{ dimension, op, ...(values && { values }) }] }
}
const range = (from: unknown, to: unknown) => ({ timeRange: { from, to } })
const list = <T>(length: number, item: T): T[] => Array.from({ length }, () => item)

function nested(depth: number): Readonly<Record<string, unknown>> {
  return depth === 0 ? { dimension: 'os', op: 'isNull' } : { or: [nested(depth - 1)] }
}

type Row = readonly [what: string, question: Readonly<Record<string, unknown>>, refused: Refused]

const NAMES: readonly Row[] = [
  [
    'an unknown view',
    { view: 'sales_by_minutes' },
    { status: 404, code: 'VIEW_UNKNOWN', says: 'sales_by_minute' },
  ],
  ['a view with quotes', { view: `a'; DROP TABLE pointers; --` }, { status: 404, code: 'VIEW_UNKNOWN' }],
  ['a view of half a megabyte', { view: 'v'.repeat(500_000) }, { status: 404, code: 'VIEW_UNKNOWN' }],
  ['a view that is none', { view: 7 }, bad('QUERY_INVALID', 'view')],
  ['no view', { view: undefined }, bad('QUERY_INVALID', 'view')],
  ['an unknown measure', { measures: ['revenu'] }, bad('MEASURE_UNKNOWN', 'revenue')],
  ['an unknown dimension', { dimensions: ['county'] }, bad('DIMENSION_UNKNOWN', 'country')],
  ['a dimension for a measure', { measures: ['country'] }, bad('MEASURE_UNKNOWN')],
  ['a measure for a dimension', { dimensions: ['events'] }, bad('DIMENSION_UNKNOWN')],
  ['a column of the stream', { dimensions: ['user_id'] }, bad('DIMENSION_UNKNOWN')],
  ['a column of the tables', { dimensions: ['__partition'] }, bad('DIMENSION_UNKNOWN')],
  ['a measure twice', { measures: ['events', 'events'] }, bad('QUERY_INVALID', 'twice')],
  ['a dimension twice', { dimensions: ['os', 'os'] }, bad('QUERY_INVALID', 'twice')],
  [
    'an order twice',
    { measures: ['events'], order: [{ by: 'events' }, { by: 'events' }] },
    bad('QUERY_INVALID', 'twice'),
  ],
  ['neither measure nor dimension', { measures: [] }, bad('QUERY_INVALID', 'neither')],
  [
    'an order by what is not asked for',
    { measures: ['events'], order: [{ by: 'revenue' }] },
    bad('ORDER_UNKNOWN'),
  ],
  ['an order by time without a grain', { order: [{ by: 'time' }] }, bad('ORDER_UNKNOWN', 'grain')],
  ['an order by a list', { order: [{ by: 'load_ms_p' }] }, bad('ORDER_UNKNOWN', 'list')],
]

const SHAPES: readonly Row[] = [
  ['an unknown field', { limits: 1 }, bad('QUERY_INVALID', 'Did you mean limit?')],
  [
    'an unknown field within',
    { filters: [{ dimension: 'os', operator: 'in' }] },
    bad('QUERY_INVALID', 'operator'),
  ],
  ['SQL', { sql: 'SELECT 1' }, bad('QUERY_INVALID', 'sql')],
  ['null for a list', { measures: null }, bad('QUERY_INVALID', 'measures')],
  ['a text for a list', { measures: 'events' }, bad('QUERY_INVALID', 'measures')],
  ['numbers for names', { measures: [1] }, bad('QUERY_INVALID', 'measures.0')],
  ['lists in lists', { measures: [['events']] }, bad('QUERY_INVALID', 'a list of 1')],
  ['an order that is a name', { order: 'events' }, bad('QUERY_INVALID', 'order')],
  ['an order that goes nowhere', { order: [{ by: 'events', desc: 'yes' }] }, bad('QUERY_INVALID', 'desc')],
]

const LIMITS: readonly Row[] = [
  ...[-1, 0, 1.5, 1e9, 100_001, '10', 'all', null, true, [1]].map(
    (limit): Row => [`a limit of ${JSON.stringify(limit)}`, { limit }, bad('QUERY_INVALID', 'limit')],
  ),
  ...[-1, 0.5, 1e9, '0', null].map(
    (offset): Row => [`an offset of ${JSON.stringify(offset)}`, { offset }, bad('QUERY_INVALID', 'offset')],
  ),
]

const TIMES: readonly Row[] = [
  ['from = to', range('2026-01-01', '2026-01-01'), bad('TIME_RANGE_EMPTY')],
  ['from > to', range('2026-01-02', '2026-01-01'), bad('TIME_RANGE_EMPTY')],
  [
    'from = to in another zone',
    range('2026-01-01T01:00:00+01:00', '2026-01-01T00:00:00Z'),
    bad('TIME_RANGE_EMPTY'),
  ],
  ...[
    'yesterday',
    '',
    '2026',
    '2026-13-01',
    '2026-02-30',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:00+25:00',
    '2016-12-31T23:59:60Z',
    '-0001-01-01',
    '12026-01-01',
    '1767225600',
    '2026-01-01T00:00:00.0000001Z',
    '٢٠٢٦-٠١-٠١',
    '2'.repeat(500_000),
  ].map((from): Row => [`the time ${from.slice(0, 40)}`, { timeRange: { from } }, bad('TIME_INVALID')]),
  ['a time that is a number', range(1_767_225_600, '2026-01-02'), INVALID],
  ['a time range that is a list', { timeRange: ['2026-01-01', '2026-01-02'] }, INVALID],
  [
    'a time range with a word too many',
    { timeRange: { since: '2026-01-01' } },
    bad('QUERY_INVALID', 'since'),
  ],
  [
    'a range within a bucket',
    range('2026-01-01T00:00:30Z', '2026-01-02'),
    bad('RANGE_OFF_GRAIN', '2026-01-01T00:00:00Z'),
  ],
  [
    'the last second that can be written',
    { timeRange: { to: '9999-12-31T23:59:59Z' } },
    bad('RANGE_OFF_GRAIN'),
  ],
  [
    'the year 0, somewhere else',
    { timeRange: { from: '0000-01-01' }, timeZone: 'Asia/Kolkata' },
    bad('RANGE_OFF_GRAIN', '-000001-12-31T18:'),
  ],
  ['an unknown grain', { grain: 'fortnight' }, bad('GRAIN_UNKNOWN')],
  ['a grain of JavaScript', { grain: 'constructor' }, bad('GRAIN_UNKNOWN')],
  ['a width that does not divide', { grain: '7 minutes' }, bad('GRAIN_UNEVEN', 'divide an hour')],
  ['a width of no length', { grain: '0 hours' }, bad('GRAIN_UNEVEN')],
  ['a width of days', { grain: '2 days' }, bad('GRAIN_UNEVEN', 'single days')],
  ['a width beyond counting', { grain: `${'9'.repeat(400)} hours` }, bad('GRAIN_UNKNOWN')],
  ['a width in other words', { grain: 'quarter of an hour' }, bad('GRAIN_UNKNOWN')],
  ['a width too fine', { grain: '30 seconds' }, bad('GRAIN_TOO_FINE', 'whole minutes')],
  ['a day that is none', { grain: 'week', weekStart: 'sundae' }, bad('QUERY_INVALID', 'sunday')],
  ['a day that is a number', { grain: 'week', weekStart: 0 }, bad('QUERY_INVALID', 'weekStart')],
  ...[0, 13, 1.5, '4', null].map(
    (fiscalYearStart): Row => [
      `a year that begins in month ${JSON.stringify(fiscalYearStart)}`,
      { grain: 'year', fiscalYearStart },
      bad('QUERY_INVALID', 'fiscalYearStart'),
    ],
  ),
  [
    'days of a zone that hours do not begin in',
    { view: 'purchases_by_hour', timeZone: 'Asia/Kolkata', timeRange: { from: '2026-01-31' } },
    bad('RANGE_OFF_GRAIN', 'in Asia/Kolkata'),
  ],
  ['a grain too fine', { grain: 'second' }, bad('GRAIN_TOO_FINE', 'minute')],
  ...[
    'Mars/Olympus',
    '',
    '+02:00',
    'UTC+2',
    "Europe/Berlin'; --",
    'Europe/Berlin ',
    '../UTC',
    'E'.repeat(500_000),
  ].map(
    (timeZone): Row => [
      `the time zone ${timeZone.slice(0, 40)}`,
      { grain: 'day', timeZone },
      bad('TIME_ZONE_UNKNOWN'),
    ],
  ),
  [
    'days of a zone that hours do not make',
    { view: 'purchases_by_hour', grain: 'day', timeZone: 'Asia/Kolkata' },
    bad('TIME_ZONE_OFF_GRAIN'),
  ],
]

const FILTERS: readonly Row[] = [
  ['an unknown operator', filter(['DE'], 'like'), bad('OPERATOR_UNKNOWN')],
  ['an operator of JavaScript', filter(['DE'], 'constructor'), bad('OPERATOR_UNKNOWN')],
  ['a misspelt operator', filter(['DE'], 'equal'), bad('OPERATOR_UNKNOWN', 'equals')],
  ['an unknown dimension', filter(['x'], 'equals', 'city'), bad('DIMENSION_UNKNOWN')],
  ['a measure', filter([1], 'gt', 'events'), bad('DIMENSION_UNKNOWN')],
  ['no values', filter(undefined), bad('FILTER_INVALID', 'at least one')],
  ['an empty list of values', filter([], 'in'), bad('FILTER_INVALID', 'at least one')],
  ['two values for gt', filter(['a', 'b'], 'gt'), bad('FILTER_INVALID', 'one value')],
  ['a value for isNull', filter(['a'], 'isNull'), bad('FILTER_INVALID', 'no values')],
  ['null for a value', filter([null]), bad('FILTER_INVALID', 'isNull')],
  ['a number for a text', filter([49]), bad('FILTER_INVALID', 'text')],
  ['an object for a text', filter([{ $ne: '' }]), INVALID],
  ['a list for a text', filter([['DE']]), INVALID],
  ['half a character', filter(['\ud800']), bad('FILTER_INVALID', 'Unicode')],
  [
    'a text for a boolean',
    { view: 'purchases_by_hour', ...filter(['maybe'], 'equals', 'mobile') },
    bad('FILTER_INVALID', 'true'),
  ],
  [
    'an order of booleans',
    { view: 'purchases_by_hour', ...filter([true], 'gt', 'mobile') },
    bad('FILTER_INVALID', 'order'),
  ],
  [
    'a piece of a boolean',
    { view: 'purchases_by_hour', ...filter(['t'], 'contains', 'mobile') },
    bad('FILTER_INVALID', 'text only'),
  ],
  ['a value of half a megabyte', filter(['x'.repeat(500_000)]), bad('FILTER_INVALID', '60000 bytes')],
  ['50,000 values', filter(list(50_000, 'DE'), 'in'), bad('FILTER_INVALID', '60000 bytes')],
  [
    'an or that is no list',
    { filters: [{ or: { dimension: 'os', op: 'isNull' } }] },
    bad('QUERY_INVALID', 'filters.0.or'),
  ],
  ['an or of nothing', { filters: [{ or: [] }] }, bad('QUERY_INVALID', 'filters.0.or')],
  ['an or of texts', { filters: [{ or: ['os:isNull'] }] }, bad('QUERY_INVALID', 'filters.0.or.0')],
  [
    'an or beside a filter',
    { filters: [{ dimension: 'os', op: 'isNull', or: [] }] },
    bad('QUERY_INVALID', 'beside or'),
  ],
  [
    'an unknown dimension in an or',
    { filters: [{ or: [{ dimension: 'city', op: 'isNull' }] }] },
    bad('DIMENSION_UNKNOWN'),
  ],
  [
    'a misspelt field in an or',
    { filters: [{ or: [{ dimension: 'os', operator: 'in' }] }] },
    bad('QUERY_INVALID', 'operator'),
  ],
  ['groups without end', { filters: [nested(500)] }, bad('QUERY_INVALID', 'more than 10 groups')],
  [
    '10,000 filters in an or',
    { filters: [{ or: list(10_000, { dimension: 'os', op: 'isNotNull' }) }] },
    bad('QUERY_INVALID', 'more than 100'),
  ],
  ['null in a list of gt', filter([null], 'gt'), bad('FILTER_INVALID', 'isNull')],
  [
    'a having of dimensions',
    { having: [{ dimension: 'os', op: 'isNull' }] },
    bad('QUERY_INVALID', 'dimension'),
  ],
  [
    'a having of an unknown measure',
    { having: [{ measure: 'revenu', op: 'gt', values: [1] }] },
    bad('MEASURE_UNKNOWN', 'revenue'),
  ],
  [
    'a having of a list',
    { having: [{ measure: 'load_ms_p', op: 'gt', values: [1] }] },
    bad('FILTER_INVALID', 'list'),
  ],
  [
    'a having of another type',
    { having: [{ measure: 'events', op: 'gt', values: ['many'] }] },
    bad('FILTER_INVALID', 'whole number'),
  ],
  ['a having of SQL', { having: 'count() > 1' }, bad('QUERY_INVALID', 'having')],
  [
    'a fill without a grain',
    { fill: true, ...range('2026-01-01', '2026-01-02') },
    bad('QUERY_INVALID', 'fill'),
  ],
  [
    'a fill without an end',
    { fill: true, grain: 'day', timeRange: { from: '2026-01-01' } },
    bad('QUERY_INVALID', 'fill'),
  ],
  [
    'a fill with what there is not',
    { fill: 'linear', grain: 'day', ...range('2026-01-01', '2026-01-02') },
    bad('QUERY_INVALID', 'linear'),
  ],
  ['a fill that is a number', { fill: 0, grain: 'day' }, bad('QUERY_INVALID', 'fill')],
  [
    'a fill of a century of minutes',
    { fill: true, grain: 'minute', ...range('1970-01-01', '2070-01-01') },
    { status: 422, code: 'RESULT_TOO_LARGE', says: 'buckets' },
  ],
  [
    '10,000 filters',
    { filters: list(10_000, { dimension: 'os', op: 'isNotNull' }) },
    bad('QUERY_INVALID', 'a list of 10000'),
  ],
]

export const QUESTION_CASES: readonly QuestionCase[] = [
  ...NAMES,
  ...SHAPES,
  ...LIMITS,
  ...TIMES,
  ...FILTERS.map(([what, question, refused]): Row => [`a filter: ${what}`, question, refused]),
].map(([what, question, refused]) => ({ what, question, refused }))

/** The parameters of `GET /v1/views/sales_by_minute`, and why they ask for nothing. */
export const URL_CASES: readonly (readonly [parameters: string, refused: Refused])[] = [
  ['measure=events', bad('QUERY_INVALID', 'Did you mean measures?')],
  ['limit=', bad('QUERY_INVALID', 'limit')],
  ['limit=1.5', bad('QUERY_INVALID', 'limit')],
  ['limit=-1', bad('QUERY_INVALID', 'limit')],
  ['limit=1e3', bad('QUERY_INVALID', 'limit')],
  ['limit=0x10', bad('QUERY_INVALID', 'limit')],
  ['limit=1&limit=2', bad('QUERY_INVALID', '2 times')],
  ['limit[]=1', bad('QUERY_INVALID', 'limit[]')],
  ['offset=-1', bad('QUERY_INVALID', 'offset')],
  ['measures=', bad('QUERY_INVALID', 'neither')],
  ['measures=,,', bad('QUERY_INVALID', 'neither')],
  ['measures=events,events', bad('QUERY_INVALID', 'twice')],
  ['measures=revenu', bad('MEASURE_UNKNOWN', 'revenue')],
  ['dimensions=%60country%60', bad('DIMENSION_UNKNOWN')],
  ['order=--events', bad('ORDER_UNKNOWN')],
  ['filter=', bad('QUERY_INVALID', 'operator')],
  ['filter=country', bad('QUERY_INVALID', 'operator')],
  ['filter=country:like:DE', bad('OPERATOR_UNKNOWN')],
  ['filter=country:isNull:DE', bad('FILTER_INVALID')],
  ['filter=or(country:isNull', bad('QUERY_INVALID', 'operator')],
  ['filter=or(country:isNull;(os:isNull)', bad('QUERY_INVALID', 'parenthesis')],
  ['having=events', bad('QUERY_INVALID', 'having=orders:gte:10')],
  ['having=revenu:gt:1', bad('MEASURE_UNKNOWN', 'revenue')],
  ['fill=previous&grain=day', bad('QUERY_INVALID', 'previous')],
  ['fill=zero', bad('QUERY_INVALID', 'grain')],
  ['fiscalYearStart=april', bad('QUERY_INVALID', 'fiscalYearStart')],
  ['weekStart=noday', bad('QUERY_INVALID', 'sunday')],
  ['grain=7%20minutes', bad('GRAIN_UNEVEN')],
  ['from=yesterday', bad('TIME_INVALID')],
  ['from=2026-01-02&to=2026-01-01', bad('TIME_RANGE_EMPTY')],
  ['grain=day&timeZone=Mars', bad('TIME_ZONE_UNKNOWN')],
  ['filter=country:equals:%ff', bad('URL_MALFORMED')],
  ['filter=country:equals:%', bad('URL_MALFORMED')],
  ['__proto__=1', bad('QUERY_INVALID', '__proto__')],
  ['constructor[prototype]=1', bad('QUERY_INVALID')],
  [`filter=${'x'.repeat(20_000)}`, { status: 431, code: 'HEADERS_TOO_LARGE', says: 'the body of a POST' }],
]
