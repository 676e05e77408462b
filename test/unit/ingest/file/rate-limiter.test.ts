import { expect, test } from 'vitest'
import { type Clock, RateLimiter } from '../../../../ingest/file/rate-limiter.ts'

const never = new AbortController().signal

/** Time that passes only where somebody sleeps, and wakes late by `lateMs`. */
class TestClock implements Clock {
  atMs = 0
  lateMs = 0

  nowMs(): number {
    return this.atMs
  }

  async sleep(ms: number): Promise<void> {
    this.atMs += ms + this.lateMs
  }
}

test.each([
  [500, 0],
  [500, 40],
  [3, 0],
  [200_000, 5],
])('keeps to %d a second, also where sleeps are %d ms late', async (rate, lateMs) => {
  const clock = new TestClock()
  clock.lateMs = lateMs
  const limiter = new RateLimiter(rate, clock)
  let taken = 0
  while (clock.atMs < 10_000) {
    const count = await limiter.take(8192, never)
    expect(count).toBeGreaterThan(0)
    taken += count
    // At no moment has more passed than the rate allows.
    expect(taken).toBeLessThanOrEqual((clock.atMs / 1000) * rate + 1e-6)
  }
  expect(taken / (clock.atMs / 1000) / rate).toBeGreaterThan(0.97)
})

test('time in which nothing is taken yields no more than a burst', async () => {
  const clock = new TestClock()
  const limiter = new RateLimiter(1000, clock)
  clock.atMs = 60_000
  expect(await limiter.take(10_000, never)).toBeLessThanOrEqual(200)
})

test('Infinity is no limit', async () => {
  const clock = new TestClock()
  const limiter = new RateLimiter(Infinity, clock)
  expect([await limiter.take(8192, never), await limiter.take(8192, never)]).toEqual([8192, 8192])
  expect(clock.atMs).toBe(0)
})

test('a new rate wakes who waits at the old one, and holds from then on', async () => {
  const limiter = new RateLimiter(0)
  const taking = limiter.take(10, never)
  const waitedSinceMs = performance.now()
  limiter.setRate(Infinity)
  expect(await taking).toBe(10)
  const startMs = performance.now()
  expect(startMs - waitedSinceMs).toBeLessThan(1000)
  limiter.setRate(1000)
  let taken = 0
  while (taken < 300) taken += await limiter.take(300 - taken, never)
  expect(performance.now() - startMs).toBeGreaterThan(80)
})

test('an aborted signal ends the wait', async () => {
  const abort = new AbortController()
  const taking = new RateLimiter(0).take(1, abort.signal)
  abort.abort()
  expect(await taking).toBe(0)
})
