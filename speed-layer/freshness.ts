/**
 * How fresh a lane's answers are: everything that Kafka had acknowledged by `freshAtMs` is in them. It is learned by
 * samples of the log's ends: once the positions have reached a sample, its moment counts.
 */
export class Freshness {
  freshAtMs = 0
  logEnds: ReadonlyMap<number, number> = new Map()
  #sample: { readonly atMs: number; readonly ends: ReadonlyMap<number, number> } | undefined

  /** True where the last sample has been reached, so that a new one is worth taking. */
  get wantsSample(): boolean {
    return this.#sample === undefined
  }

  /** Takes the ends of the log as they were asked for at `atMs`. */
  sample(atMs: number, ends: ReadonlyMap<number, number>): void {
    this.#sample = { atMs, ends }
    this.logEnds = ends
  }

  /** Holds the positions of what is in answers against the sample. */
  reached(position: (partition: number) => number): void {
    const sample = this.#sample
    if (sample === undefined) return
    if (![...sample.ends].every(([partition, end]) => position(partition) >= end)) return
    this.freshAtMs = sample.atMs
    this.#sample = undefined
  }
}
