import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PACKAGE_ROOT } from '../../../../core/io/package-root.ts'
import { ERRORS, type ErrorCode } from '../../../../core/model/errors.ts'

/** The rows of a document's tables that begin with a status and codes. */
function documentedIn(document: string): (readonly [code: string, status: number])[] {
  const text = readFileSync(join(PACKAGE_ROOT, 'docs', document), 'utf8')
  return [...text.matchAll(/^\| (\d{3}) +\| (`.*?`) +\|/gm)].flatMap(([, status, codes]) =>
    [...codes!.matchAll(/`(\w+)`/g)].map(([, code]) => [code!, Number(status)] as const),
  )
}

/** The codes that the files of some folders name. */
function codesOf(...folders: readonly string[]): string[] {
  const source = folders
    .map(folder => join(PACKAGE_ROOT, folder))
    .flatMap(folder => readdirSync(folder).map(file => readFileSync(join(folder, file), 'utf8')))
    .join('')
  const named = [...source.matchAll(/'([A-Z_]{5,})'/g)].map(([, code]) => code!)
  return [...new Set(named)].filter(code => code in ERRORS)
}

const ofQuestions = documentedIn('http-api.md')
const ofEvents = documentedIn('ingest.md')
const names = (documented: readonly (readonly [string, number])[]) => documented.map(([code]) => code)

describe('the documented errors', () => {
  test.each([...ofQuestions, ...ofEvents])('%s is registered with status %i', (code, status) => {
    expect(ERRORS[code as ErrorCode]?.status).toBe(status)
  })

  test('are all that questions and routes raise', () => {
    const codes = codesOf('serving/query', 'serving/http', 'core/io/http')
    expect(codes.length).toBeGreaterThan(25)
    expect(codes).toContain('REQUEST_TOO_SLOW')
    expect(names(ofQuestions)).toEqual(expect.arrayContaining(codes))
  })

  test('are all that the routes of events raise, or any route', () => {
    const codes = codesOf('ingest/http')
    expect(codes.length).toBeGreaterThan(4)
    expect([...names(ofEvents), ...names(ofQuestions)]).toEqual(expect.arrayContaining(codes))
    expect(names(ofEvents)).toEqual(
      expect.arrayContaining(['INGEST_OVERLOADED', 'PRODUCE_FAILED', 'KAFKA_UNAVAILABLE']),
    )
  })

  test('say of every 503 of the store that answers read from', () => {
    expect(names(ofQuestions)).toContain('POINTER_DAMAGED')
  })
})
