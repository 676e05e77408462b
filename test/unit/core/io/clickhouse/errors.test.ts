import { ClickHouseError } from '@clickhouse/client'
import { describe, expect, test } from 'vitest'
import { type Attempt, isUnknownOutcome, toTwofoldError } from '../../../../../core/io/clickhouse/errors.ts'

const insert: Attempt = {
  sql: 'INSERT INTO t\n  SELECT 1',
  url: 'http://127.0.0.1:8123',
  writes: true,
  timeoutMs: 1_000,
  ended: undefined,
}
const ofClickHouse = (type: string) => new ClickHouseError({ message: 'it failed', code: '1', type })
const ofNetwork = (code: string) => Object.assign(new Error(code), { code })

describe('the outcome of an insert', () => {
  test.each([
    ['refused while it was analysed', ofClickHouse('UNKNOWN_TABLE'), false],
    ['refused at the door', ofClickHouse('AUTHENTICATION_FAILED'), false],
    ['failed while it ran', ofClickHouse('MEMORY_LIMIT_EXCEEDED'), true],
    ['cancelled', ofClickHouse('QUERY_WAS_CANCELLED'), true],
    ['timed out in ClickHouse', ofClickHouse('TIMEOUT_EXCEEDED'), true],
    ['never sent', ofNetwork('ECONNREFUSED'), false],
    ['sent over a connection that broke', ofNetwork('ECONNRESET'), true],
    ['answered by who knows whom', new Error('<html>Bad Gateway</html>'), true],
  ])('%s', (_case, cause, unknown) => {
    expect(isUnknownOutcome(toTwofoldError(cause, insert))).toBe(unknown)
  })

  test('is unknown after a time-out and a cancellation of ours', () => {
    for (const ended of ['timeout', 'cancelled'] as const) {
      expect(isUnknownOutcome(toTwofoldError(new Error('aborted'), { ...insert, ended }))).toBe(true)
    }
  })
})

test.each(['QUERY_WAS_CANCELLED', 'ABORTED'])(
  'what a server that stops ends may be asked again: %s',
  type => {
    expect(toTwofoldError(ofClickHouse(type), insert)).toMatchObject({ code: 'CLICKHOUSE_UNAVAILABLE' })
    const ours = toTwofoldError(ofClickHouse(type), { ...insert, ended: 'cancelled' })
    expect(ours).toMatchObject({ code: 'QUERY_CANCELLED' })
  },
)

test('a read has no outcome', () => {
  const error = toTwofoldError(ofNetwork('ECONNRESET'), { ...insert, writes: false })
  expect(error.details).toEqual({ reason: 'ECONNRESET', sql: 'INSERT INTO t SELECT 1' })
  expect(isUnknownOutcome(error)).toBe(false)
})

test('a long statement is named by its beginning', () => {
  const error = toTwofoldError(ofClickHouse('SYNTAX_ERROR'), { ...insert, sql: `SELECT ${'x'.repeat(500)}` })
  expect(error.details['sql']).toHaveLength(201)
})
