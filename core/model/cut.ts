import { blockOf } from './offsets.ts'

/**
 * Partition → offset on a block edge: a generation covers exactly the records below it. A partition that is
 * not named has cut 0. As an object with decimal keys, so that it is JSON as it stands.
 */
export type Cut = Readonly<Record<string, number>>

/** The cut of one partition. */
export function cutOf(cut: Cut, partition: number): number {
  return cut[partition] ?? 0
}

/** The highest cut that archived ends allow: each floored to a block edge. */
export function cutBelow(ends: ReadonlyMap<number, number>, blockSize: number): Cut {
  const cut: Record<string, number> = {}
  for (const [partition, end] of [...ends].sort((a, b) => a[0] - b[0]))
    cut[partition] = blockOf(end, blockSize)
  return cut
}

/** True where `a` is nowhere below `b`. */
export function coversCut(a: Cut, b: Cut): boolean {
  return Object.keys(b).every(partition => cutOf(a, Number(partition)) >= cutOf(b, Number(partition)))
}

/** True where both name the same offsets. */
export function sameCut(a: Cut, b: Cut): boolean {
  return coversCut(a, b) && coversCut(b, a)
}

/** At each partition the higher of two cuts. */
export function higherCut(a: Cut, b: Cut): Cut {
  return combine(a, b, Math.max)
}

/** At each partition the lower of two cuts. */
export function lowerCut(a: Cut, b: Cut): Cut {
  return combine(a, b, Math.min)
}

function combine(a: Cut, b: Cut, pick: (x: number, y: number) => number): Cut {
  const partitions = Object.keys({ ...a, ...b }).map(Number)
  return Object.fromEntries(partitions.map(p => [p, pick(cutOf(a, p), cutOf(b, p))]))
}
