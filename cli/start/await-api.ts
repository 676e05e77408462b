import { setTimeout as sleep } from 'node:timers/promises'
import { TwofoldError } from '../../core/model/errors.ts'

const WITHIN_MS = 60_000
const ASK_EVERY_MS = 100

/** Waits until the HTTP API serves, or `signal` aborts. @throws API_UNREACHABLE where it does not within a minute */
export async function awaitApi(apiUrl: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + WITHIN_MS
  while (performance.now() < deadline && !signal.aborted) {
    const response = await fetch(`${apiUrl}/healthz`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    )
    await response?.arrayBuffer().catch(() => undefined)
    if (response?.ok) return
    await sleep(ASK_EVERY_MS)
  }
  if (!signal.aborted)
    throw new TwofoldError(
      'API_UNREACHABLE',
      `The HTTP API did not answer at ${apiUrl} within ${WITHIN_MS / 1000} s.`,
    )
}
