/** When shrinking ends, also where the list could be made shorter still. */
export interface ShrinkLimits {
  readonly tries: number
  /** On the clock of `performance.now()`: no try begins later. */
  readonly deadlineMs: number
}

/**
 * Makes a failing list shorter while it still fails: leaves out halves, then smaller parts, then single ones. Each
 * try costs a run, so there are limits.
 * @param fails true where a shorter list fails, too
 * @param onShorter is told each shorter list that fails, as it is found: whatever comes then, it is known
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (shorter: readonly T[]) => Promise<boolean>,
  { tries, deadlineMs }: ShrinkLimits,
  onShorter: (shorter: readonly T[]) => void = () => {},
): Promise<readonly T[]> {
  let kept = items
  let left = tries
  const mayTry = () => left > 0 && performance.now() < deadlineMs
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length && mayTry(); left -= 1) {
      const shorter = [...kept.slice(0, start), ...kept.slice(start + size)]
      if (shorter.length < kept.length && (await fails(shorter))) {
        kept = shorter
        onShorter(kept)
      } else start += size
    }
  }
  return kept
}
