import { TwofoldError } from '../../core/model/errors.ts'
import type { Coverage } from './coverage.ts'

/**
 * Remembers how far answers reached, so that no later one is silently behind: each chain only grows, and an answer
 * that is shorter than one given before it was asked comes from older data.
 */
export class Furthest {
  readonly #reached = new Map<string, Map<string, number>>()

  /** To be called before the question is sent; the check it answers is made on what came back. */
  before(view: string, version: string, chain: string): (coverage: Coverage) => void {
    const key = `${view}/${version}/${chain}`
    const reached = this.#reached.get(key) ?? new Map<string, number>()
    this.#reached.set(key, reached)
    const least = new Map(reached)
    return coverage => {
      for (const [partition, offset] of least) assertNotBack(view, partition, offset, coverage)
      for (const [partition, offset] of Object.entries(coverage.through))
        reached.set(partition, Math.max(offset, reached.get(partition) ?? 0))
    }
  }
}

function assertNotBack(view: string, partition: string, least: number, coverage: Coverage): void {
  const found = coverage.through[partition] ?? 0
  if (found >= least) return
  throw new TwofoldError(
    'ANSWER_WENT_BACK',
    `View ${view}, partition ${partition}: this answer reaches offset ${found}, an earlier one reached ${least}.`,
    { details: { view, partition: Number(partition), expected: least, found } },
  )
}
