import type { ViewGeneration } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import type { AnswerComparison } from './compare-answer.ts'

/** How a view's merged answer compares with plain SQL over the raw events it covers. */
export interface ViewComparison extends AnswerComparison {
  readonly view: string
  readonly version: string
  readonly generation: number
  /** The answer and the recomputation cover exactly the records below these offsets. */
  readonly through: Readonly<Record<string, number>>
}

/** What is looked at of a view: its chain and runs as the published generation names them. */
export interface ServedParts {
  readonly view: BoundView
  readonly generation: ViewGeneration
  readonly seq: number
}
