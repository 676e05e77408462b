const NEWLINE = 0x0a
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * Cuts a stream of bytes into lines, without their newlines. A line that is longer than the limit is cut to it; what
 * is held back between two pushes never exceeds the limit.
 */
export class LineSplitter {
  readonly #maxLineBytes: number
  #rest: Uint8Array[] = []
  #restBytes = 0
  #isFirst = true

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  push(bytes: Uint8Array): Uint8Array[] {
    const lines: Uint8Array[] = []
    let start = 0
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, start)
      if (newline < 0) break
      lines.push(this.#endLine(bytes.subarray(start, newline)))
      start = newline + 1
    }
    this.#keep(bytes.subarray(start))
    return lines
  }

  /** The last line, where the file does not end with a newline. */
  finish(): Uint8Array[] {
    return this.#restBytes === 0 ? [] : [this.#endLine(new Uint8Array())]
  }

  #endLine(tail: Uint8Array): Uint8Array {
    const line = this.#withRest(tail)
    const isFirst = this.#isFirst
    this.#isFirst = false
    // A byte order mark belongs to the file, not to its first event.
    return isFirst && BYTE_ORDER_MARK.every((byte, index) => line[index] === byte) ? line.subarray(3) : line
  }

  #withRest(tail: Uint8Array): Uint8Array {
    if (this.#restBytes === 0) return tail.subarray(0, this.#maxLineBytes)
    this.#keep(tail)
    const line = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    return line
  }

  #keep(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#maxLineBytes - this.#restBytes)
    if (part.length === 0) return
    this.#rest.push(part)
    this.#restBytes += part.length
  }
}
