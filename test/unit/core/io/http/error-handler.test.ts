import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { openServer } from '../../../../../core/io/http/open-server.ts'
import { TwofoldError } from '../../../../../core/model/errors.ts'

function build() {
  const logged: string[] = []
  const app = openServer((error, during) => logged.push(`${during}: ${(error as Error).message}`), {
    bodyLimit: 100,
    requestTimeout: 300,
    // Node swaps the two times where that for the headers is the longer one.
    http: { connectionsCheckingInterval: 50, headersTimeout: 200 },
  })
  const schema = { body: { type: 'object', required: ['n'], properties: { n: { type: 'integer' } } } }
  app.post('/n', { schema }, () => 'ok')
  app.get('/refuse', () => {
    throw new TwofoldError('STREAM_UNKNOWN', 'There is no such stream.', { details: { near: ['a'] } })
  })
  app.get('/break', () => {
    throw new Error('the password is hunter2')
  })
  app.get('/later', () => {
    throw new TwofoldError('KAFKA_UNAVAILABLE', 'No broker answers.')
  })
  return { app, logged }
}

const json = { 'content-type': 'application/json' }

test.each([
  ['GET', '/nowhere', {}, undefined, 404, 'ROUTE_UNKNOWN'],
  ['GET', '/%zz', {}, undefined, 400, 'URL_MALFORMED'],
  ['POST', '/n', json, '{"n":', 400, 'BODY_INVALID'],
  ['POST', '/n', json, '', 400, 'BODY_INVALID'],
  ['POST', '/n', json, '{"n":"x"}', 400, 'REQUEST_INVALID'],
  ['POST', '/n', json, `{"n":1,"x":"${'y'.repeat(200)}"}`, 413, 'BODY_TOO_LARGE'],
  ['POST', '/n', { 'content-type': 'image/png' }, 'x', 415, 'MEDIA_TYPE_UNSUPPORTED'],
] as const)('%s %s with %j and %j answers %d %s', async (method, url, headers, payload, status, code) => {
  const { app, logged } = build()
  const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  expect(answer.statusCode).toBe(status)
  const { error } = answer.json()
  expect(error.code).toBe(code)
  expect(error.message).not.toBe('')
  expect(error.hint).not.toBe('')
  expect(logged).toEqual([])
})

test.each([
  [
    'bytes that are no UTF-8',
    Buffer.from('{"n":"\xff"}', 'latin1'),
    {},
    400,
    'BODY_INVALID',
    /not valid UTF-8/,
  ],
  ['half a text', '{"n":', {}, 400, 'BODY_INVALID', /end of JSON input/],
  ['a poisoned prototype', '{"__proto__":{"n":1}}', {}, 400, 'BODY_INVALID', /__proto__/],
  ['nothing', '', {}, 400, 'BODY_INVALID', /empty/],
  ['a compressed body', '{"n":1}', { 'content-encoding': 'gzip' }, 415, 'ENCODING_UNSUPPORTED', /"gzip"/],
  ['a body too large', 'x'.repeat(101), {}, 413, 'BODY_TOO_LARGE', /100 bytes that POST \/n takes/],
  ['another type', 'n=1', { 'content-type': 'text/n' }, 415, 'MEDIA_TYPE_UNSUPPORTED', /"text\/n"/],
] as const)('%s is refused with the reason', async (_, payload, headers, status, code, reason) => {
  const { app } = build()
  const answer = await app.inject({ method: 'POST', url: '/n', headers: { ...json, ...headers }, payload })
  expect(answer.statusCode).toBe(status)
  expect(answer.json().error).toMatchObject({ code, message: expect.stringMatching(reason) })
})

test('a byte order mark before JSON is passed over', async () => {
  const answer = await build().app.inject({
    method: 'POST',
    url: '/n',
    headers: json,
    payload: '\ufeff{"n":1}',
  })
  expect(answer.statusCode).toBe(200)
})

test('a query string that cannot be decoded is refused, and not taken for the text that it is', async () => {
  for (const url of ['/refuse?a=%ff', '/refuse?a=%', '/nowhere?%zz']) {
    const answer = await build().app.inject(url)
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'URL_MALFORMED'])
  }
})

test.each([
  [`GET /n?${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['hello\r\n\r\n', 400, 'REQUEST_INVALID'],
  [
    'POST /n HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"n":',
    408,
    'REQUEST_TOO_SLOW',
  ],
])(
  'what is no request, or none that ends, is refused in the same shape: %.20s',
  async (sent, status, code) => {
    const { app } = build()
    await app.listen({ port: 0, host: '127.0.0.1' })
    const socket = connect(Number(new URL(app.listeningOrigin).port), '127.0.0.1')
    socket.write(sent)
    const [head, body] = Buffer.concat(await socket.toArray())
      .toString()
      .split('\r\n\r\n')
    await app.close()
    expect(head).toContain(`HTTP/1.1 ${status} `)
    expect(JSON.parse(body!).error).toMatchObject({ code, hint: expect.stringMatching(/\S/) })
  },
)

test('an error names what was sent, and does not send it back at length', async () => {
  const { app } = build()
  app.get('/long', () => {
    const name = 'x'.repeat(1_000_000)
    throw new TwofoldError('VIEW_UNKNOWN', `There is no view "${name}".`, {
      details: { view: name, near: [name] },
    })
  })
  const answer = await app.inject('/long')
  expect(answer.json().error.message).toMatch(/^There is no view "x+…$/)
  expect(answer.body.length).toBeLessThan(3_000)
})

test('a registered error is answered as it is', async () => {
  const { app, logged } = build()
  const answer = await app.inject('/refuse')
  expect(answer.statusCode).toBe(404)
  expect(answer.json().error).toMatchObject({ code: 'STREAM_UNKNOWN', details: { near: ['a'] } })
  expect(logged).toEqual([])
})

test('any other error is logged, and the answer tells nothing of it', async () => {
  const { app, logged } = build()
  const answer = await app.inject('/break?secret=1')
  expect(answer.statusCode).toBe(500)
  expect(answer.json().error.code).toBe('INTERNAL')
  expect(answer.body).not.toContain('hunter2')
  expect(logged).toEqual(['GET /break: the password is hunter2'])
})

test('what may work a little later says when to try again', async () => {
  const answer = await build().app.inject('/later')
  expect(answer.statusCode).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
})
