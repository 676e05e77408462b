import { setTimeout as sleep } from 'node:timers/promises'

/** What happened between the first sample that counts and the last. */
export interface Progress<Usage> {
  readonly events: number
  readonly seconds: number
  readonly before: Usage
  readonly after: Usage
}

/** Often enough for a run of seconds; each look costs ClickHouse a query for every view. */
const SAMPLE_EVERY_MS = 100
const GIVE_UP_AFTER_MS = 240_000

/**
 * Watches work that goes on elsewhere until `total` events are done. What is measured begins only once `from` of
 * them are, so that the start of a process is left out.
 */
export async function watchProgress<Usage>(
  what: string,
  { total, from }: { readonly total: number; readonly from: number },
  done: () => Promise<number>,
  usage: () => Usage,
): Promise<Progress<Usage>> {
  const deadline = performance.now() + GIVE_UP_AFTER_MS
  let first: { readonly atMs: number; readonly done: number; readonly usage: Usage } | undefined
  while (performance.now() < deadline) {
    const sample = { done: await done(), atMs: performance.now(), usage: usage() }
    if (first === undefined && sample.done >= from) first = sample
    if (sample.done >= total && first !== undefined) {
      return {
        events: sample.done - first.done,
        seconds: (sample.atMs - first.atMs) / 1000,
        before: first.usage,
        after: sample.usage,
      }
    }
    await sleep(SAMPLE_EVERY_MS)
  }
  throw new Error(`${what} was not done within ${GIVE_UP_AFTER_MS / 1000} seconds`)
}

/** The value below which a share `level` of the values lies. */
export function quantile(values: readonly number[], level: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(level * sorted.length))] ?? Number.NaN
}

export function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
