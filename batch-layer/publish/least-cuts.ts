import { type Cut, lowerCut } from '../../core/model/cut.ts'
import type { Pointer } from '../../core/model/pointer.ts'

/** A view version that generations are made of, and the lowest of their cuts: nothing below it is read of a chain. */
export interface LeastCut {
  readonly view: string
  readonly version: string
  /** The chains that generations go on with: a repair begins another, and a roll-back may go on with that one, too. */
  readonly chains: readonly string[]
  readonly cut: Cut
}

/** The view versions that any of `pointers` names, each with its least cut. */
export function leastCuts(pointers: readonly Pointer[]): LeastCut[] {
  const least = new Map<string, LeastCut>()
  for (const pointer of pointers) {
    for (const [view, { version, chain, cut }] of Object.entries(pointer.views)) {
      const key = JSON.stringify([view, version])
      const known = least.get(key)
      least.set(key, {
        view,
        version,
        chains: [...new Set([...(known?.chains ?? []), chain])],
        cut: known === undefined ? cut : lowerCut(known.cut, cut),
      })
    }
  }
  return [...least.values()]
}
