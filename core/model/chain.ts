import type { OffsetRange } from './offsets.ts'
import type { Tally } from './tally.ts'

/** One view version's sequence of inserts in one lane. */
export interface ChainKey {
  readonly view: string
  readonly version: string
  readonly chain: string
  readonly lane: number
}

/** What one insert recorded of one range of one partition, within one block. */
export interface Marker extends OffsetRange {
  readonly seq: number
  /** Who wrote it: a random id per worker start. */
  readonly writer: string
  readonly block: number
  /** This is the first marker of its partition: `start` is where the chain begins there. */
  readonly first: boolean
  readonly tally: Tally
}

/** Where a lane of a chain stands: the number of its last insert (−1: none yet) and the next offset per partition. */
export interface ChainPosition {
  readonly seq: number
  readonly ends: ReadonlyMap<number, number>
}

export const NO_POSITION: ChainPosition = { seq: -1, ends: new Map() }
