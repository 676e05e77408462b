/** The end of one request: by the clock, or because the caller went away. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Which of the two ended it, if one did. */
  readonly ended: 'timeout' | 'cancelled' | undefined
  /** Stops the clock; to be called when the request is over. */
  clear(): void
}

/** Starts the clock of a request that ends after `timeoutMs`, or earlier if `cancel` says so. */
export function startDeadline(timeoutMs: number, cancel: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  let ended: Deadline['ended']
  const end = (why: 'timeout' | 'cancelled') => {
    ended ??= why
    controller.abort()
  }
  const timer = setTimeout(end, timeoutMs, 'timeout')
  const onCancel = () => end('cancelled')
  if (cancel?.aborted) onCancel()
  else cancel?.addEventListener('abort', onCancel)
  return {
    signal: controller.signal,
    get ended() {
      return ended
    },
    clear() {
      clearTimeout(timer)
      cancel?.removeEventListener('abort', onCancel)
    },
  }
}
