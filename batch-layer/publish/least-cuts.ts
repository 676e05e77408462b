import { type Cut, lowerCut } from '../../core/model/cut.ts'
import type { Pointer } from '../../core/model/pointer.ts'

/** A chain that generations go on with, and the lowest of their cuts: nothing below it is read of the chain. */
export interface LeastCut {
  readonly view: string
  readonly version: string
  readonly chain: string
  readonly cut: Cut
}

/** The chains that any of `pointers` names, each with its least cut. */
export function leastCuts(pointers: readonly Pointer[]): LeastCut[] {
  const least = new Map<string, LeastCut>()
  for (const pointer of pointers) {
    for (const [view, { version, chain, cut }] of Object.entries(pointer.views)) {
      const key = JSON.stringify([view, version, chain])
      const known = least.get(key)
      least.set(key, { view, version, chain, cut: known === undefined ? cut : lowerCut(known.cut, cut) })
    }
  }
  return [...least.values()]
}
