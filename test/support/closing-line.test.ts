import { expect, test } from 'vitest'
import { faultTime } from './closing-line.ts'

function moduleOf(moduleId: string, seconds: number) {
  return { moduleId, diagnostic: () => ({ duration: seconds * 1000 }) }
}

const UNITS = moduleOf('/x/test/unit/a.test.ts', 1000)

test('the time of all faults is summed and told', () => {
  const modules = [
    UNITS,
    moduleOf('/x/test/fault/a.test.ts', 120),
    moduleOf('/x/test/fault/b.test.ts', 180.2),
  ]
  expect(faultTime(modules, false)).toBe('faults took 300 s in 2 files, of 300 s: in time\n')
})

test('more than five minutes are too long, except where all faults are played', () => {
  const modules = [moduleOf('/x/test/fault/a.test.ts', 301)]
  expect(faultTime(modules, false)).toContain('too long')
  expect(faultTime(modules, true)).toBe('faults took 301 s in 1 files\n')
})

test('a run without faults says nothing of them', () => {
  expect(faultTime([UNITS], false)).toBe('')
})
