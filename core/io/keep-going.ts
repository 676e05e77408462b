import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
/** Work that went well for so long has left its last failure behind. */
const HEALTHY_MS = 60_000

/**
 * Does `work` until `signal` aborts: where it fails, it is begun again after a pause that grows, for ever. A failure
 * that needs a person fails again and stays to be seen; nothing is ever skipped. `onFailure` hears each.
 */
export async function keepGoing(
  signal: AbortSignal,
  work: () => Promise<void>,
  onFailure: (error: unknown) => void,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS
  while (!signal.aborted) {
    const startedMs = performance.now()
    try {
      await work()
    } catch (error) {
      onFailure(error)
      const wasHealthy = performance.now() - startedMs > HEALTHY_MS
      pauseMs = wasHealthy ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
}
