/** The user's order to stop: Ctrl-C, SIGTERM, or the end of the terminal. */
export interface StopOrder {
  /** Aborts when it is given. */
  readonly signal: AbortSignal
  /** Resolves, with nothing, when it is given. */
  readonly given: Promise<undefined>
  /** Listens no longer. */
  forget(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** `npm start` hands a Ctrl-C on that the terminal has sent already: that is one order, not two. */
const SAME_ORDER_MS = 1_000
const EXIT_CODE_FORCED = 130

/**
 * Listens for the order to stop. The second one ends the process at once, after `onForce`; the children then end by
 * themselves, as they do whenever their parent ends.
 */
export function awaitStopOrder(onForce: () => void): StopOrder {
  const stop = new AbortController()
  let firstMs: number | undefined
  const listen = () => {
    const nowMs = performance.now()
    firstMs ??= nowMs
    stop.abort()
    if (nowMs - firstMs < SAME_ORDER_MS) return
    onForce()
    process.exit(EXIT_CODE_FORCED)
  }
  for (const name of SIGNALS) process.on(name, listen)
  return {
    signal: stop.signal,
    given: new Promise(resolve => stop.signal.addEventListener('abort', () => resolve(undefined))),
    forget: () => {
      for (const name of SIGNALS) process.off(name, listen)
    },
  }
}
