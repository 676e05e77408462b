import { TwofoldError } from '../../core/model/errors.ts'
import type { Coverage } from './coverage.ts'

/** What answers are made of: a chain of a version of a view of a topic. */
export interface AnswerSource {
  readonly view: string
  readonly topic: string
  readonly version: string
  readonly chain: string
}

/** How long what one chain of a view has answered binds the one that takes its place. */
const SWITCH_MS = 10_000

interface Reached {
  readonly source: AnswerSource
  readonly offsets: Map<string, number>
  /** When it last answered. */
  atMs: number
}

/**
 * Remembers how far answers reached, so that no later one is silently behind: each chain only grows, and an answer
 * that is shorter than one given before it was asked comes from older data.
 *
 * Where another version or chain takes over, it has come as far as the old one had a moment before, and what the old
 * one answered in that moment binds, too. But not for ever: a repair may have to take back what a damaged chain told.
 */
export class Furthest {
  readonly #reached = new Map<string, Reached>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** To be called before the question is sent; the check it answers is made on what came back. */
  before(source: AnswerSource): (coverage: Coverage) => void {
    const own = this.#reachedBy(source)
    const least = new Map(own.offsets)
    for (const { offsets } of this.#replacedBy(source)) raise(least, offsets)
    return coverage => {
      for (const [partition, offset] of least) assertNotBack(source.view, partition, offset, coverage)
      raise(own.offsets, Object.entries(coverage.through))
      own.atMs = this.#nowMs()
    }
  }

  #reachedBy(source: AnswerSource): Reached {
    const key = JSON.stringify([source.view, source.topic, source.version, source.chain])
    const reached = this.#reached.get(key) ?? {
      source,
      offsets: new Map<string, number>(),
      atMs: this.#nowMs(),
    }
    this.#reached.set(key, reached)
    return reached
  }

  /** What other chains over the same log have answered for the view just now; of older ones nothing is kept. */
  #replacedBy({ view, topic, version, chain }: AnswerSource): Reached[] {
    const others = [...this.#reached].filter(
      ([, { source }]) =>
        source.view === view &&
        source.topic === topic &&
        !(source.version === version && source.chain === chain),
    )
    const isRecent = ({ atMs }: Reached) => this.#nowMs() - atMs <= SWITCH_MS
    for (const [key, reached] of others) if (!isRecent(reached)) this.#reached.delete(key)
    return others.map(([, reached]) => reached).filter(isRecent)
  }
}

function raise(reached: Map<string, number>, offsets: Iterable<readonly [string, number]>): void {
  for (const [partition, offset] of offsets)
    reached.set(partition, Math.max(offset, reached.get(partition) ?? 0))
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
