import type { LogLook } from './log-ends.ts'

/** What is known of a partition: until when its answers are whole, and the sample that is to move that moment. */
interface PartitionFreshness {
  readonly freshAtMs: number
  readonly sample: { readonly atMs: number; readonly end: number } | undefined
}

/**
 * How fresh a lane's answers are, and where the logs of its partitions end. The ends are those of the newest look.
 * Freshness is learned by samples of them: once what is in answers has reached a sample, its moment counts, and the
 * next look is the next sample. So an end is never older than the last look, however far behind the lane is.
 */
export class Freshness {
  #logEnds: ReadonlyMap<number, number> = new Map()
  /** When the ends were last seen, ms since 1970; 0 before. */
  #seenAtMs = 0
  readonly #partitions = new Map<number, PartitionFreshness>()

  /** Where the logs end; empty where Kafka did not say when it was last asked. */
  get logEnds(): ReadonlyMap<number, number> {
    return this.#logEnds
  }

  /** All that Kafka acknowledged in the partition before this moment is in answers; ms since 1970, 0 if unknown. */
  freshAtMsOf(partition: number): number {
    return this.#partitions.get(partition)?.freshAtMs ?? 0
  }

  /** The same of all partitions of the lane. Where it has none, nothing is missing. */
  get freshAtMs(): number {
    return Math.min(this.#seenAtMs, ...[...this.#partitions.values()].map(({ freshAtMs }) => freshAtMs))
  }

  /** Takes a look at the lane's partitions. `position` tells below which offset all of a partition is in answers. */
  see({ atMs, ends }: LogLook, position: (partition: number) => number): void {
    this.#logEnds = ends ?? new Map()
    if (ends === undefined) return
    // A partition that was not there at the last look held nothing then.
    const unseen = { freshAtMs: this.#seenAtMs, sample: undefined }
    this.#seenAtMs = atMs
    for (const [partition, end] of ends) {
      const known = reached(this.#partitions.get(partition) ?? unseen, position(partition))
      const sampled = known.sample === undefined ? { ...known, sample: { atMs, end } } : known
      this.#partitions.set(partition, reached(sampled, position(partition)))
    }
  }
}

function reached(known: PartitionFreshness, position: number): PartitionFreshness {
  if (known.sample === undefined || position < known.sample.end) return known
  return { freshAtMs: known.sample.atMs, sample: undefined }
}
