import { expect, test } from 'vitest'
import { listenFailure } from '../../../../core/io/listen-failure.ts'

const failure = (code: string) =>
  listenFailure(Object.assign(new Error(code), { code }), {
    what: 'The HTTP API',
    host: '127.0.0.1',
    port: 80,
  })

test('a port that only privileged programs may take is told as such', () => {
  expect(failure('EACCES')).toMatchObject({
    code: 'ADDRESS_UNUSABLE',
    message: 'The HTTP API cannot listen on 127.0.0.1:80: EACCES.',
    hint: expect.stringContaining('below 1024'),
  })
})

test('what is no fault of the address stays what it is', () => {
  const cause = Object.assign(new Error('too many open files'), { code: 'EMFILE' })
  expect(listenFailure(cause, { what: 'The HTTP API', host: '127.0.0.1', port: 80 })).toBe(cause)
})
