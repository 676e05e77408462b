import { setTimeout as sleep } from 'node:timers/promises'
import { failureOf, isTransient } from './kafka-error.ts'

export interface RetryLimits {
  /** After this long a transient error counts as final. */
  readonly giveUpAfterMs: number
  readonly signal?: AbortSignal
}

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/**
 * Repeats an attempt while its errors are of the kind that passes: a broker restarts, a leader moves.
 * Any other error, and the last transient one, comes out as `failureOf` puts it.
 */
export async function retry<T>(what: string, limits: RetryLimits, attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + limits.giveUpAfterMs
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await attempt()
    } catch (error) {
      const final = !isTransient(error) || performance.now() + pauseMs > deadline || limits.signal?.aborted
      if (final) throw failureOf(what, error)
      // An abort only cuts the pause short; the attempt that follows fails by itself on the closed link.
      await sleep(pauseMs, undefined, { signal: limits.signal }).catch(() => {})
    }
  }
}
