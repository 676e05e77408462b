import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../../core/model/errors.ts'
import { LONG_FAULTS } from '../../vitest.config.ts'
import { ROOT, sourceFiles } from './source-files.ts'

const codes = Object.keys(ERRORS) as ErrorCode[]

/** Suites and tables of cases that tests run. Elsewhere a code may stand for what must not happen, or merely may. */
const PARTS_OF_TESTS = /^test\/(bad-input\/cases|integration\/kafka\/contract)\//

/** What `npm test` runs, as one text. */
function testTexts(): string {
  const below = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap(entry => {
      const path = `${folder}/${entry.name}`
      return entry.isDirectory() ? below(path) : [path]
    })
  return below('test')
    .filter(path => !path.startsWith('test/tidy/') && !LONG_FAULTS.includes(path))
    .filter(path => path.endsWith('.test.ts') || PARTS_OF_TESTS.test(path))
    .map(path => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n')
}

describe('the registry of errors', () => {
  it('has a status, an exit code and a hint for each', () => {
    for (const code of codes) {
      const { status, exit, hint } = ERRORS[code]
      expect(status, code).toBeGreaterThanOrEqual(400)
      expect(exit, code).toBeGreaterThan(0)
      expect(hint, code).toMatch(/\S.*[.`?]$/)
    }
  })

  it('ends a command with code 2 where what was asked is wrong, and asking again would not help', () => {
    /** Too slow, in conflict with what runs, or called off: another time it may go well. */
    const passing = [408, 409, 499]
    const wrong = codes.filter(code => {
      const { status } = ERRORS[code]
      return status < 500 && !(passing as readonly number[]).includes(status)
    })
    expect(wrong.length).toBeGreaterThan(25)
    expect(wrong.filter(code => ERRORS[code].exit !== 2)).toEqual([])
  })

  it('holds no code that nothing raises', () => {
    const source = sourceFiles()
      .filter(file => file.path !== 'core/model/errors.ts')
      .map(file => file.text)
      .join('\n')
    expect(codes.filter(code => !source.includes(`'${code}'`))).toEqual([])
  })

  it('has a test that provokes each code', () => {
    const tests = testTexts()
    expect(codes.filter(code => !tests.includes(`'${code}'`))).toEqual([])
  })
})
