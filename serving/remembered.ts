/** A value that is loaded when it is asked for and then kept for a while; those who ask meanwhile share one load. */
export interface Remembered<T> {
  get(): Promise<T>
  /** Loads it anew. */
  refresh(): Promise<T>
}

/** @param nowMs a clock that never goes back */
export function remembered<T>(
  keepMs: number,
  load: () => Promise<T>,
  nowMs = () => performance.now(),
): Remembered<T> {
  let latest: { readonly value: Promise<T>; readonly untilMs: number } | undefined
  const refresh = () => {
    const value = load()
    latest = { value, untilMs: nowMs() + keepMs }
    // A failure is not kept.
    value.catch(() => {
      if (latest?.value === value) latest = undefined
    })
    return value
  }
  return {
    refresh,
    get: () => (latest !== undefined && nowMs() < latest.untilMs ? latest.value : refresh()),
  }
}
