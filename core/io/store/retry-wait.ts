import { setTimeout as sleep } from 'node:timers/promises'

/** Waits with back-off (50 ms … 2 s) between tries; raises the last error once `limitMs` have passed since the first. */
export function retryWait(
  limitMs: number,
  signal?: AbortSignal,
): (attempts: number, error: unknown) => Promise<void> {
  const startedMs = performance.now()
  return async (attempts, error) => {
    if (performance.now() - startedMs > limitMs) throw error
    await sleep(
      Math.min(2000, 50 * 2 ** Math.min(attempts - 1, 6)),
      undefined,
      signal ? { signal } : undefined,
    )
  }
}
