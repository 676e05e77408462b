import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decoderId } from '../../../core/io/decoder-id.ts'
import { TwofoldError } from '../../../core/model/errors.ts'
import { callerGone } from '../../../serving/http/caller.ts'
import { type Serving, startServing } from '../../../serving/start.ts'
import { allKinds, events } from '../../support/all-kinds.ts'
import { type MergedView, PARTITION_END, withMergedViews } from '../../support/merged-view.ts'

const mergedView = withMergedViews()
const faults: unknown[] = []
let merged: MergedView
let serving: Serving
let waits = () => {}
const waiting = new Promise<void>(resolve => (waits = resolve))
let notices = () => {}
const noticed = new Promise<void>(resolve => (notices = resolve))

beforeAll(async () => {
  merged = await mergedView()
  await merged.decideOrigins()
  await merged.writeChain()
  await merged.publish({ 0: 128, 1: 192 })
  serving = await startServing({
    clickhouse: merged.clickhouse,
    streams: [events],
    views: [merged.view],
    version: '1.2.3',
    host: '127.0.0.1',
    port: 0,
    queryTimeoutMs: 30_000,
    reportFault: error => faults.push(error),
    addRoutes: async server => {
      server.post('/elsewhere', { bodyLimit: 10 }, async () => ({ added: true }))
      server.post('/waits', async (_request, reply) => {
        waits()
        await new Promise(resolve => callerGone(reply).addEventListener('abort', resolve))
        notices()
      })
      server.get('/fails', async () => {
        throw new Error('a secret')
      })
    },
  })
})
afterAll(() => serving?.close())

const get = (path: string, headers: Record<string, string> = {}) => fetch(serving.address + path, { headers })

function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${serving.address}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what these tests are about
type Json = any

async function json(response: Response | Promise<Response>): Promise<Json> {
  return (await response).json()
}

const VIEW = `/v1/views/${allKinds.name}`
const question = {
  view: allKinds.name,
  measures: ['events', 'sum_price'],
  dimensions: ['word'],
  order: [{ by: 'word' }],
}

test('before the first publication a question is answered by the speed layer alone, all of it', async () => {
  const unpublished = await mergedView()
  await unpublished.decideOrigins()
  await unpublished.writeChain()
  const early = await startServing({
    ...{ clickhouse: unpublished.clickhouse, streams: [events], views: [unpublished.view], version: '1.2.3' },
    ...{ host: '127.0.0.1', port: 0, queryTimeoutMs: 30_000, reportFault: error => faults.push(error) },
  })
  try {
    const response = await fetch(`${early.address}${VIEW}?measures=events`)
    expect(response.status).toBe(200)
    const { data, coverage } = await json(response)
    expect(coverage).toMatchObject({ generation: 0, cut: {}, complete: true, records: { batch: 0 } })
    expect(coverage.records.speed).toBeGreaterThan(0)
    expect(data[0].events).toBe(coverage.records.speed)
    expect((await json(fetch(`${early.address}/v1/status`))).generation).toBeNull()
  } finally {
    await early.close()
  }
})

describe('a question', () => {
  test('is answered with meta, data, rows, statistics and coverage', async () => {
    const response = await post(question)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    const answer = await json(response)
    expect(answer).toEqual({
      meta: [
        { name: 'word', type: 'text' },
        { name: 'events', type: 'integer' },
        { name: 'sum_price', type: 'decimal' },
      ],
      data: expect.arrayContaining([
        { word: null, events: expect.any(Number), sum_price: expect.any(Number) },
      ]),
      rows: 6,
      statistics: {
        elapsedMs: expect.any(Number),
        rowsRead: expect.any(Number),
        bytesRead: expect.any(Number),
      },
      coverage: expect.objectContaining({ generation: 1, complete: true }),
    })
    expect(answer.statistics.rowsRead).toBeGreaterThan(0)
    expect(answer.data).toHaveLength(6)
  })

  test('may stand in the URL', async () => {
    const path = `${VIEW}?measures=events,sum_price&dimensions=word&filter=word:in:red,${encodeURIComponent('it\'s "x"\\, \\\\')}&order=-events&limit=1`
    const byUrl = await json(get(path))
    const byBody = await json(
      post({
        ...question,
        filters: [{ dimension: 'word', op: 'in', values: ['red', 'it\'s "x", \\'] }],
        order: [{ by: 'events', desc: true }],
        limit: 1,
      }),
    )
    expect(byUrl.data).toHaveLength(1)
    expect(byUrl.data).toEqual(byBody.data)
  })

  test('is answered in lines of JSON, with the coverage in a header', async () => {
    const response = await post(question, { accept: 'application/x-ndjson' })
    expect(response.headers.get('content-type')).toMatch('application/x-ndjson')
    expect(JSON.parse(response.headers.get('twofold-coverage')!)).toMatchObject({ complete: true })
    const lines = (await response.text()).split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map(line => JSON.parse(line))).toEqual((await json(post(question))).data)
  })

  test('is answered in CSV, with all digits', async () => {
    const wide = {
      ...question,
      dimensions: ['word', 'u', 'flag', 'x'],
      measures: ['events', 'x_at'],
      limit: 1000,
    }
    const response = await post(wide, { accept: 'text/csv;q=0.9, application/json;q=0.5' })
    expect(response.headers.get('content-type')).toMatch('text/csv')
    const [header, ...lines] = (await response.text()).split('\r\n')
    expect(header).toBe('word,u,flag,x,events,x_at')
    expect(lines.filter(line => line.startsWith('blue,184467440737095516')).length).toBeGreaterThan(0)
    expect(
      lines.filter(line => line.startsWith('"it\'s ""x"", \\",184467440737095516')).length,
    ).toBeGreaterThan(0)
    expect(lines.some(line => /^blue,18446744073709551610,(true|false),-?\d+,\d+,"\[.*\]"$/.test(line))).toBe(
      true,
    )
  })

  test.each([
    ['an unknown view', { view: 'all_kind' }, 404, 'VIEW_UNKNOWN', /all_kinds/],
    ['an unknown measure', { ...question, measures: ['event'] }, 400, 'MEASURE_UNKNOWN', /events/],
    ['an unknown field', { ...question, filter: [] }, 400, 'QUERY_INVALID', /filters/],
    ['no object', '[1, 2]', 400, 'QUERY_INVALID', /http-api/],
    ['no JSON', '{"view": ', 400, 'BODY_INVALID', /JSON/],
    ['nothing', '', 400, 'BODY_INVALID', /JSON/],
    ['a prototype', '{"view":"x","__proto__":{}}', 400, 'BODY_INVALID', /JSON/],
    ['too much', JSON.stringify({ view: 'x'.repeat(2 ** 20) }), 413, 'BODY_TOO_LARGE', /less/],
  ])('that is %s is refused', async (_what, body, status, code, hint) => {
    const response = await post(body)
    expect(response.status).toBe(status)
    const { error } = await json(response)
    expect(error).toEqual({
      code,
      message: expect.any(String),
      hint: expect.stringMatching(hint),
      details: expect.any(Object),
    })
  })
})

test.each([
  ['a form that we cannot give', () => post(question, { accept: 'image/png' }), 406, 'NOT_ACCEPTABLE'],
  [
    'a body that is not JSON',
    () => post('a=1', { 'content-type': 'text/plain' }),
    415,
    'MEDIA_TYPE_UNSUPPORTED',
  ],
  ['an unknown route', () => get('/v2'), 404, 'ROUTE_UNKNOWN'],
  ['a malformed URL', () => get('/v1/views/%E0%A4%A'), 400, 'URL_MALFORMED'],
  ['an unknown parameter', () => get(`${VIEW}?measure=events`), 400, 'QUERY_INVALID'],
  ['a parameter twice', () => get(`${VIEW}?limit=1&limit=2`), 400, 'QUERY_INVALID'],
  ['half a limit', () => get(`${VIEW}?limit=1.5`), 400, 'QUERY_INVALID'],
  ['a filter without operator', () => get(`${VIEW}?filter=word`), 400, 'QUERY_INVALID'],
  ['an unknown stream', () => get('/v1/quarantine?stream=event'), 404, 'STREAM_UNKNOWN'],
  ['a quarantine without stream', () => get('/v1/quarantine'), 400, 'QUERY_INVALID'],
  [
    'an unknown parameter of the quarantine',
    () => get('/v1/quarantine?stream=events&x=1'),
    400,
    'QUERY_INVALID',
  ],
  ['a wrong place in it', () => get('/v1/quarantine?stream=events&after=x'), 400, 'QUERY_INVALID'],
])('%s is refused with a registered error', async (_what, send, status, code) => {
  const response = await send()
  expect({ status: response.status, code: (await json(response)).error.code }).toEqual({ status, code })
})

test('a caller who goes away is noticed, so that the question can be stopped', async () => {
  const leaving = new AbortController()
  const body = JSON.stringify({ some: 'body' })
  const headers = { 'content-type': 'application/json' }
  const sent = fetch(`${serving.address}/waits`, { method: 'POST', headers, body, signal: leaving.signal })
  await waiting
  leaving.abort()
  await expect(sent).rejects.toThrow('aborted')
  await noticed
})

test('an error of our own shows nothing of its inside, but is reported', async () => {
  const response = await get('/fails')
  expect(response.status).toBe(500)
  const text = await response.text()
  expect(JSON.parse(text).error.code).toBe('INTERNAL')
  expect(text).not.toContain('secret')
  expect(faults.map(String)).toContain('Error: a secret')
})

test('routes of other layers stand beside, with limits of their own', async () => {
  const send = (body: string) =>
    fetch(`${serving.address}/elsewhere`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  expect(await json(send('{}'))).toEqual({ added: true })
  expect((await send('{"a":"0123456789"}')).status).toBe(413)
})

test('the catalogue lists views with types', async () => {
  const { views } = await json(get('/v1/views'))
  expect(views).toHaveLength(1)
  expect(views[0]).toMatchObject({
    name: allKinds.name,
    stream: 'events',
    grain: 'minute',
    version: merged.view.version,
    generation: 1,
  })
  expect(views[0].dimensions).toContainEqual({ name: 'price', type: 'decimal', expression: 'price' })
  expect(views[0].measures).toContainEqual({
    name: 'last_price',
    kind: 'argMax',
    type: 'decimal',
    expression: 'price',
    by: 'moment',
  })
  expect(views[0].measures.every((measure: { type?: string }) => measure.type !== undefined)).toBe(true)
})

test('the status tells of streams, layers, jobs and quarantine', async () => {
  const { clickhouse } = merged
  const partitions = [
    { partition: 0, position: PARTITION_END, logEnd: 310, freshAtMs: Date.now() - 60_000 },
    { partition: 1, position: null, logEnd: 20, freshAtMs: 0 },
  ]
  const speed = {
    topic: 'events',
    lanes: [0],
    freshAtMs: 0,
    partitions,
    recordsPerSecond: 7,
    state: 'running',
  }
  const batch = { streams: [{ topic: 'events', partitions: [{ partition: 0, archivedEnd: 290, lost: 40 }] }] }
  for (const [layer, body] of [
    ['speed', { streams: [speed] }],
    ['batch', batch],
    ['ingest', {}],
  ])
    await clickhouse.command(
      'INSERT INTO heartbeats SELECT {layer:String}, {layer:String}, now64(3), {body:String}',
      {
        params: { layer, body: JSON.stringify(body) },
      },
    )
  await clickhouse.command(`INSERT INTO jobs SELECT 'j1', now64(3), 'extend', 'done', '{"run":"run0"}'`)
  const status = await json(get('/v1/status'))
  expect(status).toMatchObject({
    generation: { seq: 1, reason: 'extend', paused: false, rolledBackTo: null },
    streams: [
      {
        topic: 'events',
        freshnessMs: null,
        recordsPerSecond: 7,
        partitions: [
          {
            partition: 0,
            begin: 0,
            archivedEnd: 290,
            lost: 40,
            cut: 128,
            speedEnd: PARTITION_END,
            logEnd: 310,
            lag: 10,
            freshnessMs: expect.any(Number),
          },
          {
            partition: 1,
            begin: 0,
            archivedEnd: null,
            lost: null,
            cut: 192,
            speedEnd: null,
            logEnd: 20,
            lag: null,
            freshnessMs: null,
          },
        ],
      },
    ],
    views: [{ name: allKinds.name, stream: 'events', version: merged.view.version, chain: 'c0', runs: 1 }],
    jobs: [{ id: 'j1', kind: 'extend', state: 'done', body: { run: 'run0' } }],
  })
  expect(status.streams[0].partitions[0].freshnessMs).toBeGreaterThanOrEqual(60_000)
  expect(status.layers.map((beat: { layer: string }) => beat.layer).sort()).toEqual([
    'batch',
    'ingest',
    'serving',
    'speed',
  ])
})

test('the quarantine is listed page by page, as what answers now sets records aside', async () => {
  const decoder = decoderId(merged.view.stream)
  const rows = [
    ['', decoder, 0, 7, 'char(255, 0)'],
    ['', decoder, 1, 3, "'{}'"],
    [allKinds.name, merged.view.version, 1, 3, "'{}'"],
    [allKinds.name, 'of_old', 1, 3, "'{}'"],
    ['', decoder, 1, 9, 'NULL'],
    ['', 'of_old', 1, 9, 'NULL'],
    ['', 'of_old', 1, 10, "'{}'"],
  ]
  for (const [view, version, partition, offset, value] of rows) {
    await merged.clickhouse.command(
      `INSERT INTO quarantine SELECT 'events', '${view}', '${version}', ${partition}, ${offset}, 'id', 'invalid_json', 'f', 'why', NULL, ${value}, now64(3)`,
    )
  }
  const found: Json[] = []
  for (let path: string | null = '/v1/quarantine?stream=events&limit=1'; path !== null; ) {
    const { records, next } = await json(get(path))
    found.push(...records)
    path = next === null ? null : `/v1/quarantine?stream=events&limit=1&after=${encodeURIComponent(next)}`
  }
  expect(found.map(({ partition, offset, view }) => [partition, offset, view])).toEqual([
    [0, 7, ''],
    [1, 3, ''],
    [1, 3, allKinds.name],
    [1, 9, ''],
  ])
  expect(found[0]).toMatchObject({ value: null, valueBase64: '/wA=', reason: 'invalid_json', detail: 'why' })
  expect(found[1]).toMatchObject({ value: '{}', valueBase64: 'e30=', key: null })
  expect(found[3]).toMatchObject({ value: null, valueBase64: null })
  const after = await json(get('/v1/quarantine?stream=events&after=1:3'))
  expect(after.records.map((record: Json) => record.offset)).toEqual([9])
  expect((await json(get('/v1/status'))).quarantined).toContainEqual({
    stream: 'events',
    view: '',
    reason: 'invalid_json',
    records: 3,
  })
})

test('the status counts a quarantined record once, whatever versions and topics there have been', async () => {
  const rows = [
    ['events', '', decoderId(merged.view.stream)],
    ['events', '', 'of_old'],
    ['events', allKinds.name, merged.view.version],
    ['events', allKinds.name, 'of_old'],
    ['events', 'view_of_old', 'v'],
    ['topic_of_old', '', decoderId(merged.view.stream)],
  ]
  for (const [topic, view, version] of rows) {
    await merged.clickhouse.command(
      `INSERT INTO quarantine SELECT '${topic}', '${view}', '${version}', 0, 77, 'id', 'expression_failed', 'f', 'why', NULL, NULL, now64(3)`,
    )
  }
  const { quarantined } = await json(get('/v1/status'))
  expect(quarantined.filter(({ reason }: Json) => reason === 'expression_failed')).toEqual([
    { stream: 'events', view: '', reason: 'expression_failed', records: 1 },
    { stream: 'events', view: allKinds.name, reason: 'expression_failed', records: 1 },
  ])
})

test('health is the process; readiness is all of the platform', async () => {
  expect((await get('/healthz')).status).toBe(200)
  await merged.clickhouse.command('TRUNCATE TABLE heartbeats')
  // What was read a moment ago is still told: hence polls.
  const readiness = async () => {
    const response = await get('/readyz')
    return { status: response.status, ...(await json(response)) }
  }
  await expect.poll(readiness).toEqual({
    status: 503,
    ready: false,
    missing: ['ingest', 'speed', 'batch'].map(layer => `The ${layer} layer gives no sign of life.`),
  })
  const beat = () =>
    merged.clickhouse.command(
      `INSERT INTO heartbeats SELECT arrayJoin(['ingest', 'speed', 'batch']), 'a', now64(3), '{"streams":[]}'`,
    )
  await expect
    .poll(async () => {
      await beat()
      return readiness()
    })
    .toEqual({ status: 200, ready: true, missing: [] })
})

test('OpenAPI describes the routes', async () => {
  const api = await json(get('/v1/openapi.json'))
  expect(api.info.version).toBe('1.2.3')
  expect(Object.keys(api.paths).sort()).toEqual([
    '/elsewhere',
    '/fails',
    '/healthz',
    '/readyz',
    '/v1/quarantine',
    '/v1/query',
    '/v1/status',
    '/v1/views',
    '/v1/views/{name}',
    '/waits',
  ])
  const body = api.paths['/v1/query'].post.requestBody.content['application/json'].schema
  expect(Object.keys(body.properties)).toContain('timeRange')
})

test('a port that is taken is an error that names it', async () => {
  const port = Number(new URL(serving.address).port)
  const options = {
    clickhouse: merged.clickhouse,
    streams: [],
    views: [],
    version: '',
    queryTimeoutMs: 1_000,
  }
  const starting = startServing({ ...options, host: '127.0.0.1', port, reportFault: () => undefined })
  await expect(starting).rejects.toThrow(TwofoldError)
  await expect(starting).rejects.toMatchObject({ code: 'PORT_IN_USE' })
})
