import type { ChainKey, ChainPosition } from '../core/model/chain.ts'
import { blockOf, type OffsetRange, offsetsWithin, splitAtBlocks } from '../core/model/offsets.ts'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import type { MarkerRange } from '../core/sql/fold.ts'

/** One view's chain in this lane and where it stands, as the last insert left it. */
export interface ViewCursor {
  readonly compiled: CompiledView
  readonly key: ChainKey
  readonly position: ChainPosition
}

/** The range that was read of a partition. */
export interface ReadRange {
  readonly start: number
  readonly end: number
  /** What of it was declared lost. */
  readonly lost?: readonly OffsetRange[]
}

/** Partition → the range that was read of it. */
export type ReadRanges = ReadonlyMap<number, ReadRange>

/**
 * The ranges that a view's next insert records: of each partition what was read beyond the view's own position,
 * split at block edges. A partition that the chain has not met yet is recorded from its origin on, even where
 * nothing has been read of it: that is the genesis.
 */
export function nextRanges(cursor: ViewCursor, read: ReadRanges): MarkerRange[] {
  const { blockSize } = cursor.compiled.view.stream
  return [...read]
    .sort(([a], [b]) => a - b)
    .flatMap(([partition, range]) => {
      const known = cursor.position.ends.get(partition)
      const start = known ?? range.start
      if (known !== undefined && range.end <= start) return []
      return splitAtBlocks({ partition, start, end: Math.max(start, range.end) }, blockSize).map(
        (part, index) => ({
          ...part,
          block: blockOf(part.start, blockSize),
          first: known === undefined && index === 0,
          lost: offsetsWithin(part, range.lost ?? []),
        }),
      )
    })
}

/** Where the view stands once its insert of `ranges` has won its number. */
export function advance(position: ChainPosition, ranges: readonly MarkerRange[]): ChainPosition {
  const ends = new Map(position.ends)
  for (const range of ranges) ends.set(range.partition, Math.max(range.end, ends.get(range.partition) ?? 0))
  return { seq: position.seq + 1, ends }
}

/** The condition that leaves out records the view already has; `undefined` where there are none. */
export function unseenSql(cursor: ViewCursor, read: ReadRanges): string | undefined {
  const conditions = [...read].flatMap(([partition, range]) => {
    const end = cursor.position.ends.get(partition)
    return end !== undefined && end > range.start
      ? [`NOT (__partition = ${partition} AND __offset < ${end})`]
      : []
  })
  return conditions.length === 0 ? undefined : conditions.join(' AND ')
}
