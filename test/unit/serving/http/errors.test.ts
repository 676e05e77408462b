import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode } from '../../../../core/model/errors.ts'

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
    files.push('../core/io/http/error-handler.ts')
    const source = files.map(file => readFileSync(new URL(file, serving), 'utf8')).join('')
    const raised = [...source.matchAll(/'([A-Z_]{5,})'/g)].map(([, code]) => code!)
    const codes = new Set(raised.filter(code => code in ERRORS))
    expect(codes.size).toBeGreaterThan(25)
    expect(documented.map(([code]) => code)).toEqual(expect.arrayContaining([...codes]))
  })
})
