import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { frameworkErrors, handleErrors } from '../../../../../core/io/http/error-handler.ts'
import { TwofoldError } from '../../../../../core/model/errors.ts'

function build() {
  const logged: string[] = []
  const app = Fastify({ frameworkErrors, bodyLimit: 100 })
  handleErrors(app, (error, during) => logged.push(`${during}: ${(error as Error).message}`))
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
