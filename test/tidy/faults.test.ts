import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CRASH_PLACES } from '../../core/io/process/crash-point.ts'
import { ROOT } from './source-files.ts'

const FAULTS = 27

/** The texts of all tests below a folder of `test`. */
function testsIn(folder: string): string[] {
  const path = join(ROOT, 'test', folder)
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => readFileSync(join(path, name), 'utf8'))
}

describe('the faults', () => {
  const numbers = Array.from({ length: FAULTS }, (_, index) => String(index + 1))

  it('have a row each in docs/reliability.md', () => {
    const text = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8')
    const section = text.split(/^## /m).find(part => part.startsWith('Faults\n'))!
    expect([...section.matchAll(/^\| (\d+) \|/gm)].map(match => match[1])).toEqual(numbers)
  })

  it('have a scenario each', () => {
    const named = testsIn('fault/scenarios').flatMap(text =>
      [...text.matchAll(/['`]fault (\d+): /g)].map(match => match[1]!),
    )
    expect(numbers.filter(number => !named.includes(number))).toEqual([])
  })
})

describe('the crash points', () => {
  it('are each used where a process is killed or stopped on real parts', () => {
    const texts = ['fault', 'end-to-end', 'integration'].flatMap(testsIn)
    expect(CRASH_PLACES.filter(place => !texts.some(text => text.includes(place)))).toEqual([])
  })
})
