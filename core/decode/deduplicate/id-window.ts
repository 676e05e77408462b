import type { IdHash } from './id-hash.ts'

/** Words of a slot: the four of the hash, and the offset. */
const SLOT_WORDS = 5
const LEAST_SLOTS = 1024
/** A table that is filled to that much is swept; the probes of a fuller one get long. */
const FULL = 0.75
/** What an offset's distance from the base stays below: a signed word. */
const MOST = 2 ** 31 - 1

/**
 * The ids of one partition's last `within` offsets, each with the last offset that has it: an open-addressing table in
 * one typed array. Ids that have fallen out of the window stay until the table is full; then those within it move to a
 * table with two slots for each of them. So it holds 40 bytes for each id of the window, and as much again for the
 * moment of a sweep.
 */
export class IdWindow {
  readonly #within: number
  #slots = new Int32Array(LEAST_SLOTS * SLOT_WORDS)
  #slotCount = LEAST_SLOTS
  #used = 0
  /** Offsets are kept as their distance from here, from 1 on: 0 is an empty slot. */
  #base: number

  /** @param from no offset comes that is lower */
  constructor(within: number, from: number) {
    this.#within = within
    this.#base = from
  }

  /** What the table takes. */
  get memoryBytes(): number {
    return this.#slots.byteLength
  }

  /**
   * Notes the id at `offset`; offsets never go down. True where the same id has been noted at an offset that is lower by
   * `within` at most, or at the very same: records of which several events are made have one offset for all of them.
   */
  note(id: IdHash, offset: number): boolean {
    if (offset - this.#base >= MOST || this.#used >= this.#slotCount * FULL) this.#sweep(offset)
    const slots = this.#slots
    const at = slotOf(slots, this.#slotCount, id.a, id.b, id.c, id.d)
    const before = slots[at + 4]!
    slots[at + 4] = offset - this.#base + 1
    if (before !== 0) return offset - this.#base + 1 - before <= this.#within
    slots[at] = id.a
    slots[at + 1] = id.b
    slots[at + 2] = id.c
    slots[at + 3] = id.d
    this.#used += 1
    return false
  }

  /** Forgets what no offset from `now` on can repeat, and gives the rest room for as many again. */
  #sweep(now: number): void {
    const old = this.#slots
    // Offsets above 0 that are lower than this, as they are kept, have fallen out.
    const least = Math.max(1, now - this.#within - this.#base + 1)
    let live = 0
    for (let at = 4; at < old.length; at += SLOT_WORDS) if (old[at]! >= least) live += 1
    const slotCount = Math.max(LEAST_SLOTS, 2 * live)
    const slots = new Int32Array(slotCount * SLOT_WORDS)
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      if (old[from + 4]! < least) continue
      const at = slotOf(slots, slotCount, old[from]!, old[from + 1]!, old[from + 2]!, old[from + 3]!)
      for (let word = 0; word < 4; word++) slots[at + word] = old[from + word]!
      slots[at + 4] = old[from + 4]! - least + 1
    }
    this.#slots = slots
    this.#slotCount = slotCount
    this.#used = live
    this.#base += least - 1
  }
}

/** Where the slot with this hash begins, or the empty one where it belongs. */
function slotOf(slots: Int32Array, slotCount: number, a: number, b: number, c: number, d: number): number {
  let at = Math.floor(((a >>> 0) / 2 ** 32) * slotCount) * SLOT_WORDS
  while (slots[at + 4] !== 0) {
    if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c && slots[at + 3] === d) return at
    at += SLOT_WORDS
    if (at === slots.length) at = 0
  }
  return at
}
