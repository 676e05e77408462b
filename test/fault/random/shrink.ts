/**
 * Makes a failing list shorter while it still fails: leaves out halves, then smaller parts, then single ones. Each
 * try costs a run, so there are at most `tries`.
 * @param fails true where a shorter list fails, too
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (shorter: readonly T[]) => Promise<boolean>,
  tries: number,
): Promise<readonly T[]> {
  let kept = items
  let left = tries
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < kept.length && left > 0; left -= 1) {
      const shorter = [...kept.slice(0, start), ...kept.slice(start + size)]
      if (shorter.length < kept.length && (await fails(shorter))) kept = shorter
      else start += size
    }
  }
  return kept
}
