import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindViews } from '../../cli/platform/bind.ts'
import { loadProject } from '../../cli/project/load.ts'
import { type Serving, startServing } from '../../serving/start.ts'
import { Api, eventually, expectOk } from '../support/api.ts'
import { goodClick } from '../support/shop-project.ts'
import { ATTACKS, TRACE_FILE } from './cases/attacks.ts'
import { QUESTION_CASES, URL_CASES } from './cases/questions.ts'
import { expectRefused, type Refused, testItIsWell, withRunningPlatform } from './running-platform.ts'

const platform = withRunningPlatform()

const json = (body: RequestInit['body'], headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: body!,
})
const query = (question: object) => json(JSON.stringify({ view: 'sales_by_minute', ...question }))

/** All tables and how many rows they hold; heartbeats and what the batch layer adds by itself are left out. */
const tables = async () =>
  (await platform.clickhouse.rows<{ name: string }>('SHOW TABLES')).map(({ name }) => name).sort()

let tablesBefore: string[]

beforeAll(async () => {
  // Each attack is stored as a country, too.
  const lines = ATTACKS.map(attack => goodClick({ country: JSON.stringify(attack) })).join('\n')
  const reply = await platform.api.send(
    '/v1/events/clicks',
    json(lines, { 'content-type': 'application/x-ndjson' }),
  )
  expect(reply).toMatchObject({ status: 200, body: { accepted: ATTACKS.length } })
  await platform.caughtUp()
  tablesBefore = await tables()
})

describe('a question that cannot be answered', () => {
  test.each(QUESTION_CASES.map(each => [each.what, each] as const))('%s', (_, { question, refused }) =>
    expectRefused(platform.api, '/v1/query', query(question), refused),
  )
  test.each(
    URL_CASES.map(([parameters, refused]) => [parameters.slice(0, 40), parameters, refused] as const),
  )('in the URL: %s', (_, parameters, refused) =>
    expectRefused(platform.api, `/v1/views/sales_by_minute?${parameters}`, {}, refused),
  )
})

describe('a request that is no question', () => {
  const INVALID = { status: 400, code: 'BODY_INVALID' }
  const ASKED = '{"view":"sales_by_minute"}'
  const BODIES: readonly (readonly [string, RequestInit, Refused])[] = [
    ['half a body', json('{"view":'), INVALID],
    ['nothing', json(''), { ...INVALID, says: 'empty' }],
    ['no body at all', { method: 'POST' }, { status: 400, code: 'QUERY_INVALID', says: 'nothing' }],
    ['a list', json('[]'), { status: 400, code: 'QUERY_INVALID' }],
    ['null', json('null'), { status: 400, code: 'QUERY_INVALID' }],
    ['two questions', json(ASKED + ASKED), INVALID],
    ['NaN', json('{"view":"sales_by_minute","limit":NaN}'), INVALID],
    [
      '1e999',
      json('{"view":"sales_by_minute","limit":1e999}'),
      { status: 400, code: 'QUERY_INVALID', says: 'Infinity' },
    ],
    ['10,000 levels', json('['.repeat(10_000) + ']'.repeat(10_000)), { status: 400, code: 'QUERY_INVALID' }],
    [
      '400,000 levels in a field',
      json(`{"view":${'['.repeat(400_000)}${']'.repeat(400_000)}}`),
      { status: 400, code: 'QUERY_INVALID', says: 'a list of 1' },
    ],
    ['levels that never close', json('['.repeat(1_000_000)), INVALID],
    [
      'invalid UTF-8',
      json(new Uint8Array(Buffer.from('{"view":"\xff"}', 'latin1'))),
      { ...INVALID, says: 'UTF-8' },
    ],
    ['UTF-16', json(new Uint8Array(Buffer.from(ASKED, 'utf16le'))), INVALID],
    [
      'a poisoned prototype',
      json('{"view":"sales_by_minute","__proto__":{"limit":1}}'),
      { ...INVALID, says: '__proto__' },
    ],
    ['a poisoned constructor', json('{"constructor":{"prototype":{"limit":1}}}'), INVALID],
    ['2 MiB', json(' '.repeat(2 << 20)), { status: 413, code: 'BODY_TOO_LARGE', says: '1048576 bytes' }],
    ['gzip', json(ASKED, { 'content-encoding': 'gzip' }), { status: 415, code: 'ENCODING_UNSUPPORTED' }],
    [
      'XML',
      json('<view/>', { 'content-type': 'text/xml' }),
      { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED', says: 'text/xml' },
    ],
    [
      'plain text',
      json(ASKED, { 'content-type': 'text/plain' }),
      { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' },
    ],
    [
      'a picture for an answer',
      json(ASKED, { accept: 'image/png' }),
      { status: 406, code: 'NOT_ACCEPTABLE' },
    ],
  ]
  test.each(BODIES)('%s', (_, init, refused) => expectRefused(platform.api, '/v1/query', init, refused))

  const UNKNOWN = { status: 404, code: 'ROUTE_UNKNOWN' }
  const ROUTES: readonly (readonly [method: string, path: string, refused: Refused])[] = [
    ['GET', '/v1/query', UNKNOWN],
    ['PUT', '/v1/query', { ...UNKNOWN, says: 'PUT /v1/query' }],
    ['DELETE', '/v1/views/sales_by_minute', UNKNOWN],
    ['OPTIONS', '/v1/query', UNKNOWN],
    ['GET', '/', UNKNOWN],
    ['GET', '//v1/views', UNKNOWN],
    ['GET', '/v1/../etc/passwd', UNKNOWN],
    ['GET', '/v1/views/..%2F..%2Fetc%2Fpasswd', { status: 404, code: 'VIEW_UNKNOWN' }],
    ['GET', '/v1/views/%00', { status: 404, code: 'VIEW_UNKNOWN' }],
    ['GET', `/v1/views/${'v'.repeat(200)}`, { status: 404, code: 'VIEW_UNKNOWN' }],
    ['GET', '/v1/views/%ff', { status: 400, code: 'URL_MALFORMED' }],
    ['GET', '/v1/quarantine', { status: 400, code: 'QUERY_INVALID', says: 'stream' }],
    ['GET', '/v1/quarantine?stream=click', { status: 404, code: 'STREAM_UNKNOWN', says: 'clicks' }],
    ['GET', '/v1/quarantine?stream=clicks&limit=0', { status: 400, code: 'QUERY_INVALID' }],
    ['GET', '/v1/quarantine?stream=clicks&limit=1001', { status: 400, code: 'QUERY_INVALID' }],
    ['GET', '/v1/quarantine?stream=clicks&limit=ten', { status: 400, code: 'QUERY_INVALID' }],
    ['GET', '/v1/quarantine?stream=clicks&stream=x', { status: 400, code: 'QUERY_INVALID' }],
    ['GET', '/v1/quarantine?stream=clicks&all=1', { status: 400, code: 'QUERY_INVALID' }],
    ['GET', `/v1/quarantine?stream=clicks&after=0:0')%20OR%201`, { status: 400, code: 'QUERY_INVALID' }],
  ]
  test.each(ROUTES)('%s %.60s', (method, path, refused) =>
    expectRefused(platform.api, path, { method }, refused),
  )

  test('HEAD is GET without the body', async () => {
    for (const [view, status] of [
      ['sales_by_minute', 200],
      ['sales', 404],
    ] as const) {
      const answer = await fetch(`${platform.home.apiUrl}/v1/views/${view}`, { method: 'HEAD' })
      expect([answer.status, await answer.text()]).toEqual([status, ''])
    }
  })
})

describe('an attack', () => {
  /** Every place of a question where a name or a word is expected. */
  const PLACES: readonly (readonly [place: string, question: (attack: string) => object, status: number])[] =
    [
      ['view', view => ({ view }), 404],
      ['measure', attack => ({ measures: [attack] }), 400],
      ['dimension', attack => ({ dimensions: [attack] }), 400],
      ['filtered dimension', dimension => ({ filters: [{ dimension, op: 'equals', values: ['x'] }] }), 400],
      ['operator', op => ({ filters: [{ dimension: 'country', op, values: ['x'] }] }), 400],
      ['order', by => ({ measures: ['events'], order: [{ by }] }), 400],
      ['grain', grain => ({ grain }), 400],
      ['time zone', timeZone => ({ grain: 'day', timeZone }), 400],
      ['time', from => ({ timeRange: { from } }), 400],
      ['field', attack => ({ [attack]: 1, limits: 1 }), 400],
      ['limit', limit => ({ limit }), 400],
    ]

  test.each(PLACES)('as a %s is refused, whichever it is', async (_, question, status) => {
    for (const attack of ATTACKS) {
      const reply = await platform.api.send('/v1/query', query(question(attack)))
      expect([attack, reply.status, reply.body]).toEqual([
        attack,
        status,
        { error: expect.objectContaining({ code: expect.stringMatching(/_UNKNOWN|_INVALID$/) }) },
      ])
      expect(JSON.stringify(reply.body)).not.toMatch(/ClickHouse|DB::Exception|SELECT if/)
    }
  })

  const events = (op: string, values: readonly string[]) =>
    platform.api.ask({
      view: 'sales_by_minute',
      measures: ['events'],
      dimensions: ['country'],
      filters: [{ dimension: 'country', op, values: [...values] }],
    })

  test('as a value is the text that it is: it finds itself and nothing else', async () => {
    for (const attack of ATTACKS)
      for (const op of ['equals', 'contains']) {
        const { data } = await events(op, [attack])
        expect([op, attack, data.map(({ country }) => country)]).toEqual([
          op,
          attack,
          op === 'equals' ? [attack] : expect.arrayContaining([attack]),
        ])
        for (const { country } of data) expect(country).toContain(attack)
      }
    expect((await events('in', ATTACKS)).data).toHaveLength(ATTACKS.length)
    expect((await events('notIn', ATTACKS)).data).toEqual([])
  })

  test('as a value in the URL, too', async () => {
    for (const attack of ATTACKS) {
      const value = encodeURIComponent(attack.replace(/[\\,]/g, '\\$&'))
      const path = `/v1/views/sales_by_minute?measures=events&filter=country:equals:${value}`
      const { data } = expectOk<{ data: unknown }>(await platform.api.send(path), attack)
      expect([attack, data]).toEqual([attack, [{ events: 1 }]])
    }
  })

  test('changed nothing', async () => {
    expect(await tables()).toEqual(tablesBefore)
    expect(existsSync(TRACE_FILE)).toBe(false)
  })
})

describe('a question that is large, and one all the same', () => {
  const events = { measures: ['events'] }
  const filters = (values: readonly string[], count = 1) => ({
    filters: Array.from({ length: count }, () => ({ dimension: 'country', op: 'in', values })),
  })
  const LARGE: readonly (readonly [string, object])[] = [
    ['10,000 values', filters(Array.from({ length: 10_000 }, (_, k) => k.toString(36)))],
    ['a value of 59,000 quotes', filters(["'".repeat(59_000)])],
    ['a value of 59,000 backslashes', filters(['\\'.repeat(59_000)])],
    ['a value of 14,000 pictures', filters(['😀'.repeat(14_000)])],
    ['a value of 59,000 NULs', filters(['\u0000'.repeat(59_000)])],
    ['100 filters', filters(['DE'], 100)],
    ['all of time', { timeRange: { from: '0000-01-01', to: '9999-12-31' }, grain: 'year' }],
    ['the last page', { dimensions: ['country'], offset: 100_000, limit: 100_000 }],
  ]
  test.each(LARGE)('%s', async (_, question) => {
    const { coverage } = await platform.api.ask({ view: 'sales_by_minute', ...events, ...question })
    expect(coverage.complete).toBe(true)
  })
})

describe('a question that takes too long', () => {
  let serving: Serving
  beforeAll(async () => {
    const project = await loadProject(join(platform.home.folder, 'twofold.config.ts'))
    serving = await startServing({
      clickhouse: platform.clickhouse,
      streams: project.streams,
      views: await bindViews(project),
      version: '',
      host: '127.0.0.1',
      port: 0,
      queryTimeoutMs: 10,
      reportFault: () => undefined,
    })
  })
  afterAll(() => serving?.close())

  test('ends at its time limit with an error that says so, and runs on nowhere', async () => {
    const api = new Api(serving.address)
    const values = Array.from({ length: 6_000 }, (_, k) => `v${k}`)
    const slow = { filters: Array.from({ length: 15 }, () => ({ dimension: 'country', op: 'in', values })) }
    await expectRefused(api, '/v1/query', query(slow), {
      status: 504,
      code: 'QUERY_TIMEOUT',
      says: 'Ask for less',
    })
    await eventually(
      'no question is left in ClickHouse',
      () =>
        platform.clickhouse.rows<{ n: string }>(
          `SELECT count() AS n FROM system.processes WHERE query LIKE '%__source%' AND query NOT LIKE '%processes%'`,
        ),
      ([row]) => row?.n === '0',
      10_000,
    )
    await platform.api.ask({ view: 'sales_by_minute' })
  })
})

testItIsWell(platform)
