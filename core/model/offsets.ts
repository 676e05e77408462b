/** A half-open range of logical offsets of one partition; offsets inside may be missing from the log. */
export interface OffsetRange {
  readonly partition: number
  readonly start: number
  readonly end: number
}

/** The start offset of the block that holds `offset`. `blockSize` is a power of two. */
export function blockOf(offset: number, blockSize: number): number {
  return Math.floor(offset / blockSize) * blockSize
}

/** How many offsets of `range` lie in any of `ranges`, which do not overlap. */
export function offsetsWithin(range: OffsetRange, ranges: readonly OffsetRange[]): number {
  return ranges
    .filter(({ partition }) => partition === range.partition)
    .reduce(
      (sum, { start, end }) => sum + Math.max(0, Math.min(end, range.end) - Math.max(start, range.start)),
      0,
    )
}

/** Splits a range at block edges. An empty range yields itself, so that a genesis can record where it starts. */
export function splitAtBlocks(range: OffsetRange, blockSize: number): OffsetRange[] {
  if (range.start === range.end) return [range]
  const parts: OffsetRange[] = []
  for (let start = range.start; start < range.end; ) {
    const end = Math.min(range.end, blockOf(start, blockSize) + blockSize)
    parts.push({ partition: range.partition, start, end })
    start = end
  }
  return parts
}
