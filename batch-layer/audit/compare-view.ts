import type { LayerContext } from '../../core/io/layer-context.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'

/** How a view's merged answer compares with plain SQL over the raw events it covers. */
export interface ViewComparison {
  readonly view: string
  readonly version: string
  readonly generation: number
  /** The answer and the recomputation cover exactly the records below these offsets. */
  readonly through: Readonly<Record<string, number>>
  readonly events: number
  readonly groups: number
  readonly differences: readonly string[]
}

export async function compareView(
  _context: LayerContext,
  _view: BoundView,
  _generation: ViewGeneration,
  _seq: number,
): Promise<ViewComparison> {
  throw new Error('being written')
}
