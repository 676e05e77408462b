import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode, TwofoldError } from '../../../../core/model/errors.ts'
import { registeredError } from '../../../../serving/http/errors.ts'

const serving = new URL('../../../../serving/', import.meta.url)
const documentation = readFileSync(new URL('../../../../docs/http-api.md', import.meta.url), 'utf8')
const documented = [...documentation.matchAll(/^\| (\d{3}) +\| `(\w+)` +\|/gm)].map(
  ([, status, code]) => [code!, Number(status)] as const,
)

describe('the documented errors', () => {
  test.each(documented)('%s is registered with status %i', (code, status) => {
    expect(ERRORS[code as ErrorCode]?.status).toBe(status)
  })

  test('are all that questions and routes raise', () => {
    const files = ['query', 'http'].flatMap(folder =>
      readdirSync(new URL(`${folder}/`, serving)).map(file => `${folder}/${file}`),
    )
    const source = files.map(file => readFileSync(new URL(file, serving), 'utf8')).join('')
    const raised = [...source.matchAll(/'([A-Z_]{5,})'/g)].map(([, code]) => code!)
    const codes = new Set(raised.filter(code => code in ERRORS))
    expect(codes.size).toBeGreaterThan(25)
    expect(documented.map(([code]) => code)).toEqual(expect.arrayContaining([...codes]))
  })
})

describe('an error of', () => {
  test.each([
    ['FST_ERR_CTP_BODY_TOO_LARGE', 413, 'BODY_TOO_LARGE'],
    ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['FST_ERR_BAD_URL', 400, 'URL_MALFORMED'],
    ['', 400, 'BODY_INVALID'],
    ['FST_ERR_SEND_INSIDE_ONERR', 500, 'INTERNAL'],
    ['', undefined, 'INTERNAL'],
  ])('Fastify, %s %s, is %s', (code, statusCode, expected) => {
    expect(registeredError(Object.assign(new Error('why'), { code, statusCode })).code).toBe(expected)
  })

  test('Twofold stays as it is', () => {
    const error = new TwofoldError('VIEW_UNKNOWN', 'why')
    expect(registeredError(error)).toBe(error)
  })

  test('anything else shows nothing', () => {
    expect(registeredError('a secret').message).not.toContain('secret')
    expect(registeredError(undefined).code).toBe('INTERNAL')
  })
})
