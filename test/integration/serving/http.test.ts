import { expect, test } from 'vitest'
import { TwofoldError } from '../../../core/model/errors.ts'
import { callerGone } from '../../../serving/http/caller.ts'
import { startServing } from '../../../serving/start.ts'
import { json, question, VIEW, withServedView } from '../../support/served-view.ts'

let waits = () => {}
const waiting = new Promise<void>(resolve => (waits = resolve))
let notices = () => {}
const noticed = new Promise<void>(resolve => (notices = resolve))

const served = withServedView(async server => {
  server.post('/elsewhere', { bodyLimit: 10 }, async () => ({ added: true }))
  server.post('/waits', async (_request, reply) => {
    waits()
    await new Promise(resolve => callerGone(reply).addEventListener('abort', resolve))
    notices()
  })
  server.get('/fails', async () => {
    throw new Error('a secret')
  })
})

test.each([
  [
    'a form that we cannot give',
    () => served().post(question, { accept: 'image/png' }),
    406,
    'NOT_ACCEPTABLE',
  ],
  [
    'a body that is not JSON',
    () => served().post('a=1', { 'content-type': 'text/plain' }),
    415,
    'MEDIA_TYPE_UNSUPPORTED',
  ],
  ['an unknown route', () => served().get('/v2'), 404, 'ROUTE_UNKNOWN'],
  ['a malformed URL', () => served().get('/v1/views/%E0%A4%A'), 400, 'URL_MALFORMED'],
  ['an unknown parameter', () => served().get(`${VIEW}?measure=events`), 400, 'QUERY_INVALID'],
  ['a parameter twice', () => served().get(`${VIEW}?limit=1&limit=2`), 400, 'QUERY_INVALID'],
  ['half a limit', () => served().get(`${VIEW}?limit=1.5`), 400, 'QUERY_INVALID'],
  ['a filter without operator', () => served().get(`${VIEW}?filter=word`), 400, 'QUERY_INVALID'],
  ['an unknown stream', () => served().get('/v1/quarantine?stream=event'), 404, 'STREAM_UNKNOWN'],
  ['a quarantine without stream', () => served().get('/v1/quarantine'), 400, 'QUERY_INVALID'],
  [
    'an unknown parameter of the quarantine',
    () => served().get('/v1/quarantine?stream=events&x=1'),
    400,
    'QUERY_INVALID',
  ],
  ['a wrong place in it', () => served().get('/v1/quarantine?stream=events&after=x'), 400, 'QUERY_INVALID'],
])('%s is refused with a registered error', async (_what, send, status, code) => {
  const response = await send()
  expect({ status: response.status, code: (await json(response)).error.code }).toEqual({ status, code })
})

test('a caller who goes away is noticed, so that the question can be stopped', async () => {
  const leaving = new AbortController()
  const body = JSON.stringify({ some: 'body' })
  const headers = { 'content-type': 'application/json' }
  const sent = fetch(`${served().serving.address}/waits`, {
    method: 'POST',
    headers,
    body,
    signal: leaving.signal,
  })
  await waiting
  leaving.abort()
  await expect(sent).rejects.toThrow('aborted')
  await noticed
})

test('an error of our own shows nothing of its inside, but is reported', async () => {
  const response = await served().get('/fails')
  expect(response.status).toBe(500)
  const text = await response.text()
  expect(JSON.parse(text).error.code).toBe('INTERNAL')
  expect(text).not.toContain('secret')
  expect(served().faults.map(String)).toContain('Error: a secret')
})

test('routes of other layers stand beside, with limits of their own', async () => {
  const send = (body: string) =>
    fetch(`${served().serving.address}/elsewhere`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
  expect(await json(send('{}'))).toEqual({ added: true })
  expect((await send('{"a":"0123456789"}')).status).toBe(413)
})

test('OpenAPI describes the routes', async () => {
  const api = await json(served().get('/v1/openapi.json'))
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
  const port = Number(new URL(served().serving.address).port)
  const options = {
    clickhouse: served().merged.clickhouse,
    streams: [],
    views: [],
    version: '',
    queryTimeoutMs: 1_000,
  }
  const starting = startServing({ ...options, host: '127.0.0.1', port, reportFault: () => undefined })
  await expect(starting).rejects.toThrow(TwofoldError)
  await expect(starting).rejects.toMatchObject({ code: 'PORT_IN_USE' })
})
