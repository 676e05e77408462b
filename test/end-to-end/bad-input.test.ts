import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KafkaDriver, KafkaProducer } from '../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import type { QuarantinePage } from '../../serving/quarantine.ts'
import { Api, eventually, expectOk, type Question, recordsOf } from '../support/api.ts'
import { goodClick, shopConfig } from '../support/shop-project.ts'
import { TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

let home: TwofoldHome
let twofold: TwofoldProcess
let api: Api
let driver: KafkaDriver
let producer: KafkaProducer

beforeAll(async () => {
  home = await TwofoldHome.create(shopConfig())
  api = new Api(home.apiUrl)
  twofold = home.start()
  await twofold.ready()
  driver = await openKafkaDriver('kafkajs', { brokers: home.brokers, clientId: 'test' })
  producer = await driver.openProducer()
})

afterAll(async () => {
  await producer?.close()
  await driver?.close()
  twofold?.kill('SIGTERM')
  await twofold?.exited
  await home?.remove()
})

type Value = NonNullable<NonNullable<Question['filters']>[number]['values']>[number]

interface Refused {
  readonly status: number
  readonly code: string
  /** What the error must say somewhere. */
  readonly says?: string
}

const json = (text: string): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: text,
})
const query = (question: object) => json(JSON.stringify({ view: 'sales_by_minute', ...question }))

async function expectRefused(
  path: string,
  init: RequestInit,
  { status, code, says }: Refused,
): Promise<void> {
  const reply = await api.send(path, init)
  expect({ status: reply.status, body: reply.body }).toMatchObject({
    status,
    body: { error: { code, message: expect.stringMatching(/\S/), hint: expect.stringMatching(/\S/) } },
  })
  if (says !== undefined) expect(JSON.stringify(reply.body)).toContain(says)
}

describe('a question that cannot be answered', () => {
  const filter = (values: Value[], op = 'equals', dimension = 'country') => ({
    filters: [{ dimension, op, values }],
  })
  const range = (from: string, to: string) => ({ timeRange: { from, to } })
  const QUESTIONS: readonly [string, object, Refused][] = [
    [
      'an unknown view',
      { view: 'sales_by_minutes' },
      { status: 404, code: 'VIEW_UNKNOWN', says: 'sales_by_minute' },
    ],
    [
      'an unknown measure',
      { measures: ['revenu'] },
      { status: 400, code: 'MEASURE_UNKNOWN', says: 'revenue' },
    ],
    [
      'an unknown dimension',
      { dimensions: ['county'] },
      { status: 400, code: 'DIMENSION_UNKNOWN', says: 'country' },
    ],
    ['backticks in a name', { dimensions: ['`country`'] }, { status: 400, code: 'DIMENSION_UNKNOWN' }],
    ['quotes in a name', { measures: [`revenue" FROM x --`] }, { status: 400, code: 'MEASURE_UNKNOWN' }],
    ['quotes in a view', { view: `a'; DROP TABLE pointers; --` }, { status: 404, code: 'VIEW_UNKNOWN' }],
    ['a name of JavaScript', { measures: ['constructor'] }, { status: 400, code: 'MEASURE_UNKNOWN' }],
    ['an unknown operator', filter(['DE'], 'like'), { status: 400, code: 'OPERATOR_UNKNOWN' }],
    [
      'a filter by an unknown dimension',
      filter(['x'], 'equals', 'city'),
      { status: 400, code: 'DIMENSION_UNKNOWN' },
    ],
    ['a number for a text', filter([49]), { status: 400, code: 'FILTER_INVALID' }],
    ['an unknown field', { limits: 1 }, { status: 400, code: 'QUERY_INVALID', says: 'limit' }],
    ['a limit of −1', { limit: -1 }, { status: 400, code: 'QUERY_INVALID' }],
    ['a limit of 1e9', { limit: 1e9 }, { status: 400, code: 'QUERY_INVALID' }],
    ['a limit of text', { limit: 'all' }, { status: 400, code: 'QUERY_INVALID' }],
    ['from = to', range('2026-01-01', '2026-01-01'), { status: 400, code: 'TIME_RANGE_EMPTY' }],
    ['from > to', range('2026-01-02', '2026-01-01'), { status: 400, code: 'TIME_RANGE_EMPTY' }],
    ['a time that is none', range('yesterday', '2026-01-01'), { status: 400, code: 'TIME_INVALID' }],
    [
      'a range within a bucket',
      range('2026-01-01T00:00:30Z', '2026-01-02'),
      { status: 400, code: 'RANGE_OFF_GRAIN' },
    ],
    ['an unknown grain', { grain: 'fortnight' }, { status: 400, code: 'GRAIN_UNKNOWN' }],
    ['a grain too fine', { grain: 'second' }, { status: 400, code: 'GRAIN_TOO_FINE' }],
    [
      'an unknown time zone',
      { grain: 'day', timeZone: `Mars/'; --` },
      { status: 400, code: 'TIME_ZONE_UNKNOWN' },
    ],
    [
      'an order by what is not asked for',
      { measures: ['events'], order: [{ by: 'revenue' }] },
      { status: 400, code: 'ORDER_UNKNOWN' },
    ],
  ]
  test.each(QUESTIONS)('%s', (_, question, refused) => expectRefused('/v1/query', query(question), refused))

  const BODIES: readonly [string, string, RequestInit, Refused][] = [
    ['no JSON', '/v1/query', json('{"view":'), { status: 400, code: 'BODY_INVALID' }],
    ['a list', '/v1/query', json('[]'), { status: 400, code: 'QUERY_INVALID' }],
    [
      'another type',
      '/v1/query',
      { ...query({}), headers: { 'content-type': 'text/xml' } },
      { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
    ],
    [
      'a poisoned prototype',
      '/v1/query',
      json('{"view":"sales_by_minute","__proto__":{"limit":1}}'),
      { status: 400, code: 'BODY_INVALID' },
    ],
    ['an unknown route', '/v1/sql', {}, { status: 404, code: 'ROUTE_UNKNOWN' }],
    ['a broken URL', '/v1/views/%ff', {}, { status: 400, code: 'URL_MALFORMED' }],
  ]
  test.each(BODIES)('%s', (_, path, init, refused) => expectRefused(path, init, refused))

  test('an injection in a value finds nothing and harms nothing', async () => {
    const values = [`' OR 1=1 --`, `'; DROP TABLE pointers; --`, '\\', '{x:String}', '\u0000', "DE'"]
    const { data } = await api.ask({ view: 'sales_by_minute', measures: ['events'], ...filter(values, 'in') })
    expect(data).toEqual([{ events: 0 }])
    await api.ask({ view: 'sales_by_minute' })
  })
})

describe('events that are refused as a whole', () => {
  const events = (body: RequestInit['body'], headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
    body: body!,
  })
  const gzip = { 'content-encoding': 'gzip' }
  const line = `${goodClick()}\n`
  const BODIES: readonly [string, string, RequestInit, Refused][] = [
    [
      'an unknown stream',
      '/v1/events/click',
      events(line),
      { status: 404, code: 'STREAM_UNKNOWN', says: 'clicks' },
    ],
    [
      'a list that does not end',
      '/v1/events/clicks',
      json(`[${goodClick()},`),
      { status: 400, code: 'BODY_INVALID' },
    ],
    [
      'a truncated gzip',
      '/v1/events/clicks',
      events(gzipSync(line.repeat(50)).subarray(0, 60), gzip),
      { status: 400, code: 'BODY_INVALID' },
    ],
    ['a gzip that is none', '/v1/events/clicks', events(line, gzip), { status: 400, code: 'BODY_INVALID' }],
    [
      'a gzip bomb',
      '/v1/events/clicks',
      events(gzipSync(Buffer.alloc(100 << 20, ' ')), gzip),
      { status: 413, code: 'BODY_TOO_LARGE' },
    ],
    [
      'a body too large',
      '/v1/events/clicks',
      events(Buffer.alloc((16 << 20) + 1, ' ')),
      { status: 413, code: 'BODY_TOO_LARGE' },
    ],
    [
      'a wrong content type',
      '/v1/events/clicks',
      events(line, { 'content-type': 'image/png' }),
      { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
    ],
    [
      'an unknown encoding',
      '/v1/events/clicks',
      events(line, { 'content-encoding': 'br' }),
      { status: 415, code: 'ENCODING_UNSUPPORTED' },
    ],
  ]
  test.each(BODIES)('%s', (_, path, init, refused) => expectRefused(path, init, refused))
})

/** Records that are no events of the stream, and what the quarantine says of them. */
const MALFORMED: readonly [string, Uint8Array | null, string][] = [
  ['no JSON', Buffer.from('hello'), 'invalid_json'],
  ['a tombstone', null, 'tombstone'],
  ['half an event', Buffer.from(goodClick().slice(0, 40)), 'invalid_json'],
  ['a missing field', Buffer.from(goodClick().replace('"user_id"', '"user"')), 'missing_field'],
  ['a wrong type', Buffer.from(goodClick({ country: '49' })), 'wrong_type'],
  ['an integer beyond 64 bits', Buffer.from(goodClick({ user_id: '18446744073709551616' })), 'out_of_range'],
  ['a negative id', Buffer.from(goodClick({ user_id: '-1' })), 'out_of_range'],
  ['NaN', Buffer.from(goodClick({ load_ms: 'NaN' })), 'invalid_json'],
  ['a double beyond all', Buffer.from(goodClick({ load_ms: '1e999' })), 'not_finite'],
  ['a day that is none', Buffer.from(goodClick({ ts: '"2026-02-30T00:00:00Z"' })), 'invalid_value'],
  ['more decimals than there are', Buffer.from(goodClick({ amount: '1.234' })), 'out_of_range'],
  ['an unknown word', Buffer.from(goodClick({ action: '"stare"' })), 'invalid_value'],
  ['invalid UTF-8', Buffer.from(goodClick({ country: '"\u00ff"' }), 'latin1'), 'invalid_utf8'],
  ['a lone surrogate', Buffer.from(goodClick({ country: '"\\ud800"' })), 'invalid_value'],
  ['10,000 levels', Buffer.from(goodClick({ extra: '['.repeat(10_000) + ']'.repeat(10_000) })), 'too_deep'],
  ['a key twice', Buffer.from(goodClick().replace('{', '{"country":"FR",')), 'duplicate_key'],
]

/** Odd, and events all the same. */
const ODD: readonly [string, string][] = [
  ['keys of JavaScript', goodClick({ __proto__: '{"limit":1}', constructor: '1' })],
  ['an integer beyond 2^53', goodClick({ user_id: '18446744073709551615' })],
  ['a year late', goodClick({ ts: '"2025-01-01T00:00:00Z"' })],
]

describe('records in Kafka that are no events', () => {
  test('are set aside with a reason, and never in the way of the others', async () => {
    const good = [...ODD.map(([, text]) => text), goodClick()]
    const records = [...MALFORMED.map(([, value]) => value), ...good.map(text => Buffer.from(text))]
    const before = await api.ask({ view: 'sales_by_minute' })
    const stand = await producer.send(
      'clicks',
      records.map(value => ({ key: null, value, partition: 0 })),
    )
    const answer = await eventually(
      'all records in answers',
      () => api.ask({ view: 'sales_by_minute', measures: ['events'] }),
      ({ coverage }) => coverage.through['0']! > stand.at(-1)!.offset,
    )
    expect(recordsOf(answer) - recordsOf(before)).toBe(good.length)
    expect(answer.coverage.quarantined - before.coverage.quarantined).toBe(MALFORMED.length)

    const page = expectOk<QuarantinePage>(
      await api.send('/v1/quarantine?stream=clicks&limit=1000'),
      'quarantine',
    )
    const reasons = new Map(page.records.map(({ offset, reason }) => [offset, reason]))
    const found = MALFORMED.map(([title], index) => [title, reasons.get(stand[index]!.offset)])
    expect(found).toEqual(MALFORMED.map(([title, , reason]) => [title, reason]))
    const values = new Map(page.records.map(({ offset, valueBase64 }) => [offset, valueBase64]))
    for (const [index, [, value]] of MALFORMED.entries())
      expect(values.get(stand[index]!.offset)).toBe(value && Buffer.from(value).toString('base64'))
  })

  test('are refused one by one where they come by HTTP', async () => {
    const lines = [goodClick(), 'hello', goodClick({ user_id: '-1' }), goodClick()].join('\n')
    const reply = await api.send('/v1/events/clicks', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines,
    })
    expect(reply).toMatchObject({
      status: 200,
      body: {
        accepted: 2,
        rejectedCount: 2,
        rejected: [
          { index: 1, reason: 'invalid_json' },
          { index: 2, reason: 'out_of_range', field: 'user_id' },
        ],
      },
    })
    const nothing = await api.post('/v1/events/clicks', { no: 'event' })
    expect(nothing).toMatchObject({ status: 422, body: { accepted: 0, rejectedCount: 1 } })
  })
})

describe('a lone event', () => {
  /** Milliseconds from before the event is sent until an answer with it has come. */
  async function delayMs(page: string): Promise<number> {
    const filters = [{ dimension: 'page', op: 'equals', values: [`/${page}`] }]
    const ask = () => api.ask({ view: 'purchases_by_hour', measures: ['orders'], filters })
    const sentMs = performance.now()
    const event = goodClick({ url: `"https://shop.example/${page}"` })
    expectOk(await api.send('/v1/events/clicks', json(event)), 'an event')
    await eventually('the event in an answer', ask, ({ data }) => data[0]!['orders'] === 1, 10_000)
    return performance.now() - sentMs
  }

  test('is in an answer within two seconds', async () => {
    const delaysMs: number[] = []
    for (let round = 0; round < 20; round++) delaysMs.push(await delayMs(`lone-${round}`))
    delaysMs.sort((a, b) => a - b)
    const [median, worst] = [delaysMs[10]!, delaysMs[19]!].map(Math.round)
    console.log(`a lone event was in an answer after ${median} ms in the middle, ${worst} ms at worst`)
    expect(median).toBeLessThan(2_000)
    expect(worst).toBeLessThan(5_000)
  })
})

test('all of that left the platform ready, and nothing behind', async () => {
  expect(await api.send('/readyz')).toMatchObject({ status: 200 })
  expect(await twofold.stop('SIGINT')).toEqual({ code: 0, signal: null })
  expect(await home.survivors()).toEqual([])
  expect(home.temporaryFiles()).toEqual([])
})
