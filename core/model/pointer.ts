import type { Cut } from './cut.ts'
import type { Tally } from './tally.ts'
import type { BoundView } from './view.ts'

/**
 * The one row whose insertion publishes a generation of every view at once. `seq` is the generation's number:
 * 1, 2, 3, …; `prev` the number it was planned on (0: none). A history of pointers has no holes and no forks.
 */
export interface Pointer {
  readonly format: 1
  readonly seq: number
  readonly prev: number
  readonly publishedAtMs: number
  readonly reason: PublicationReason
  /** Of a roll-back: the pointer whose lists it names again. */
  readonly rolledBackTo: number | undefined
  /** True while scheduled batch runs wait for someone to say `batch resume`. */
  readonly paused: boolean
  readonly views: Readonly<Record<string, ViewGeneration>>
}

export type PublicationReason = 'extend' | 'full' | 'rollback' | 'resume' | 'repair'

/** What serves one view: the runs that together cover everything below the cut, and the chain that goes on. */
export interface ViewGeneration {
  readonly version: string
  readonly chain: string
  readonly cut: Cut
  readonly runs: readonly RunReference[]
}

/** A run over `[from, to)`, with what was counted in it when it was verified. */
export interface RunReference {
  readonly id: string
  readonly from: Cut
  readonly to: Cut
  readonly tally: Tally
}

/** A pointer together with the definitions of the views it names. */
export interface Publication {
  readonly pointer: Pointer
  readonly views: ReadonlyMap<string, BoundView>
}

/** The chain that a view version starts with; a repair begins another. */
export const FIRST_CHAIN = 'c0'

/** The generation that serves a view nobody has published yet: all of it comes from the speed layer. */
export function unpublished(version: string): ViewGeneration {
  return { version, chain: FIRST_CHAIN, cut: {}, runs: [] }
}
