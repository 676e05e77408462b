import { expect, test } from 'vitest'
import { soak } from './soak.ts'

/** Both together take some five minutes. */
const WITHIN_MS = 600_000
const QUICKLY = { everySeconds: 1, batchEveryMs: 10_000 } as const

test('two minutes of load leave a platform as it was', { timeout: WITHIN_MS }, async () => {
  const { sent, faults } = await soak({ ...QUICKLY, minutes: 2, ratePerSecond: 5_000 })
  expect(faults).toEqual([])
  expect(sent.events).toBeGreaterThan(100_000)
})

test('an idle platform stays as it is', { timeout: WITHIN_MS }, async () => {
  const { sent, faults } = await soak({ ...QUICKLY, minutes: 1, ratePerSecond: 0 })
  expect(faults).toEqual([])
  expect(sent).toEqual({ events: 0, malformed: 0 })
})
