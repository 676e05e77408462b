/** Longer than the pause between two inserts of a lane that is behind. */
const WINDOW_MS = 10_000

interface Mark {
  readonly atMs: number
  readonly count: number
}

/**
 * How fast a count grows, over the last ten seconds: records are counted when their insert is done, in lumps, and
 * between two of them the rate is not nothing.
 */
export class Rate {
  #marks: Mark[] = []

  /** Takes in the count as it is at `atMs`; answers by how much a second it grew, rounded. Neither ever falls. */
  perSecond(atMs: number, count: number): number {
    const recent = this.#marks.findIndex(mark => mark.atMs > atMs - WINDOW_MS)
    // The newest mark outside of the window bounds it.
    this.#marks.splice(0, recent < 0 ? this.#marks.length - 1 : recent - 1)
    this.#marks.push({ atMs, count })
    const first = this.#marks[0]!
    const passedMs = atMs - first.atMs
    return passedMs === 0 ? 0 : Math.round(((count - first.count) * 1000) / passedMs)
  }
}
