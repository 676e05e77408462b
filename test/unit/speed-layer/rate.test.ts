import { expect, test } from 'vitest'
import { Rate } from '../../../speed-layer/rate.ts'

/** The rates that are told every half a second, where `countAt` says what has been counted by then. */
function ratesOver(seconds: number, countAt: (second: number) => number): number[] {
  const rate = new Rate()
  return Array.from({ length: seconds * 2 }, (_, k) => rate.perSecond(k * 500, countAt(k / 2)))
}

test('a lane that inserts in lumps has a rate between them, too', () => {
  const rates = ratesOver(60, second => Math.floor(second / 3) * 60_000).slice(24)
  expect(Math.min(...rates)).toBeGreaterThan(16_000)
  expect(Math.max(...rates)).toBeLessThanOrEqual(24_000)
})

test('a steady rate is told exactly, from the second sample on', () => {
  expect(new Set(ratesOver(60, second => second * 1_000).slice(1))).toEqual(new Set([1_000]))
})

test('what has ended counts for ten seconds and no longer', () => {
  const rates = ratesOver(60, second => Math.min(second, 5) * 1_000)
  expect(rates[2 * 10]).toBe(500)
  expect(new Set(rates.slice(2 * 15 + 1))).toEqual(new Set([0]))
})
