const WORD_BYTES = 4

/** A fixed text, compared four bytes at a time. */
export class Token {
  readonly sizeBytes: number
  /** Little-endian; the last holds what is left over, under the mask. */
  readonly #words: Int32Array
  readonly #lastMask: number

  constructor(text: string) {
    const bytes = Buffer.from(text)
    this.sizeBytes = bytes.length
    this.#words = new Int32Array(Math.ceil(bytes.length / WORD_BYTES))
    bytes.forEach((byte, k) => {
      this.#words[k >> 2]! |= byte << (8 * (k & 3))
    })
    this.#lastMask = -1 >>> (8 * (this.#words.length * WORD_BYTES - bytes.length))
  }

  /** Whether it stands at `at`. Reads up to three bytes beyond it. */
  isAt(view: DataView, at: number): boolean {
    const words = this.#words
    const last = words.length - 1
    let i = at
    for (let k = 0; k < last; k++, i += WORD_BYTES) if (view.getInt32(i, true) !== words[k]) return false
    return (view.getInt32(i, true) & this.#lastMask) === words[last]
  }
}
