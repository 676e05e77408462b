import { setTimeout as delay } from 'node:timers/promises'

/** Time as the rate limiter sees it; tests bring their own. */
export interface Clock {
  nowMs(): number
  /** Answers after `ms`, or as soon as the signal is aborted; never raises. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
}

/** Tokens that were not used pile up for this long: what is taken at once, however low the rate. */
const BURST_MS = 100
/** The longest sleep, so that no rate, however low, sleeps past a moment that could be represented. */
const MAX_SLEEP_MS = 60_000

/** A token bucket whose rate can change at any time. `Infinity` is no limit; 0 waits until the rate changes. */
export class RateLimiter {
  readonly #clock: Clock
  #perSecond: number
  #tokens = 0
  #filledAtMs: number
  /** Aborted to wake who waits, for the rate has changed. */
  #wake = new AbortController()

  constructor(perSecond: number, clock: Clock = systemClock) {
    this.#clock = clock
    this.#perSecond = perSecond
    this.#filledAtMs = clock.nowMs()
  }

  get perSecond(): number {
    return this.#perSecond
  }

  setRate(perSecond: number): void {
    this.#fill()
    this.#perSecond = perSecond
    const sleeper = this.#wake
    this.#wake = new AbortController()
    sleeper.abort()
  }

  /** Takes from 1 to `wanted` tokens, as soon as a burst's worth of them is there; 0 once the signal is aborted. */
  async take(wanted: number, signal: AbortSignal): Promise<number> {
    while (!signal.aborted) {
      this.#fill()
      const enough = Math.min(wanted, this.#burst())
      if (this.#tokens >= enough) {
        const taken = Math.min(wanted, Math.floor(this.#tokens))
        this.#tokens -= taken
        return taken
      }
      const waitMs = ((enough - this.#tokens) / this.#perSecond) * 1000
      await this.#clock.sleep(
        Math.min(Math.ceil(waitMs), MAX_SLEEP_MS),
        AbortSignal.any([signal, this.#wake.signal]),
      )
    }
    return 0
  }

  /** What the bucket holds at most: at least one token, or no event would ever pass. */
  #burst(): number {
    return Math.max(1, Math.floor((this.#perSecond * BURST_MS) / 1000))
  }

  #fill(): void {
    const nowMs = this.#clock.nowMs()
    const gained =
      this.#perSecond === Infinity ? Infinity : ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#tokens + gained, 2 * this.#burst())
    this.#filledAtMs = nowMs
  }
}
