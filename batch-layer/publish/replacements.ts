import type { Cut } from '../../core/model/cut.ts'
import { FIRST_CHAIN, type Pointer } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'

/** A configured version that another one still serves for, as its chain alone would answer. */
export interface Replacement {
  readonly view: BoundView
  readonly chain: string
  readonly cut: Cut
}

/** The configured versions that are to replace what the pointer names. */
export function replacements(
  configured: readonly BoundView[],
  pointer: Pointer | undefined,
): readonly Replacement[] {
  return configured
    .filter(view => {
      const generation = pointer?.views[view.name]
      return generation !== undefined && generation.version !== view.version
    })
    .map(view => ({ view, chain: FIRST_CHAIN, cut: {} }))
}
