import type { BytesValues } from '../../model/column-batch.ts'
import type { ByteStringIndex } from '../byte-string-index.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_JSON, INVALID_VALUE, WRONG_TYPE } from '../faults.ts'
import { QUOTE, skipString } from '../json-scanner.ts'
import { unescapeInto } from '../json-string.ts'
import type { Column } from './column.ts'

const NO_BYTES = new Uint8Array(0)
const NO_VIEW = new DataView(NO_BYTES.buffer)
const NO_OFFSETS = new Uint32Array(0)
/** The bytes double whenever they do not suffice; a first guess, and what is given on top of the last batch's mean. */
const FIRST_BYTES_PER_ROW = 16
const HEADROOM = 1.125
const MIN_BYTES = 4096
/** Whole words are written, so up to three bytes go beyond what counts. */
const WORD_BYTES = 4

/** Strings as UTF-8, one behind the other. Any character may stand in them, U+0000 too. */
export class StringColumn implements Column {
  #view: DataView = NO_VIEW
  #bytes: Uint8Array = NO_BYTES
  #offsets: Uint32Array = NO_OFFSETS
  #rows = 0
  #bytesPerRow = FIRST_BYTES_PER_ROW

  begin(rows: number): void {
    this.#rows = rows
    this.#setBytes(new Uint8Array(Math.max(MIN_BYTES, Math.ceil(rows * this.#bytesPerRow))))
    this.#offsets = new Uint32Array(rows + 1)
  }

  grow(rows: number): void {
    const offsets = new Uint32Array(rows + 1)
    offsets.set(this.#offsets)
    this.#offsets = offsets
    this.#rows = rows
  }

  truncate(rows: number): void {
    this.#rows = rows
  }

  read(text: EventText, at: number, row: number): number {
    const { bytes, view } = text
    if (bytes[at] !== QUOTE) return WRONG_TYPE
    const start = this.#offsets[row]!
    // No string is longer unescaped than the rest of its event.
    const needed = start + text.end - at + WORD_BYTES
    if (needed > this.#bytes.length) this.#grow(needed)
    const target = this.#view
    let to = start
    let i = at + 1
    for (;;) {
      const word = view.getInt32(i, true)
      target.setInt32(to, word, true)
      const special = specialBytes(word)
      if (special !== 0) {
        // Its lowest bit is the top bit of the first special byte.
        const plain = (31 - Math.clz32(special & -special)) >> 3
        if (bytes[i + plain] !== QUOTE) return this.#readAny(bytes, at, row)
        this.#offsets[row + 1] = to + plain
        return i + plain + 1
      }
      i += WORD_BYTES
      to += WORD_BYTES
    }
  }

  /** A string with something in it that is not plain ASCII, from its start. */
  #readAny(bytes: Uint8Array, at: number, row: number): number {
    const next = skipString(bytes, at)
    if (next < 0) return INVALID_JSON
    const to = unescapeInto(this.#bytes, this.#offsets[row]!, bytes, at + 1, next - 1)
    if (to < 0) return INVALID_VALUE
    this.#offsets[row + 1] = to
    return next
  }

  /** Takes the bytes from `from` to `end` as they are. */
  protected take(bytes: Uint8Array, from: number, end: number, row: number): void {
    const start = this.#offsets[row]!
    const needed = start + end - from
    if (needed > this.#bytes.length) this.#grow(needed)
    for (let i = from, to = start; i < end; i++) this.#bytes[to++] = bytes[i]!
    this.#offsets[row + 1] = needed
  }

  /** Whether what was read into `row` is one of these strings. */
  protected isOneOf(values: ByteStringIndex, row: number): boolean {
    return values.find(this.#bytes, this.#offsets[row]!, this.#offsets[row + 1]!) >= 0
  }

  #grow(sizeBytes: number): void {
    const grown = new Uint8Array(Math.max(sizeBytes, 2 * this.#bytes.length))
    grown.set(this.#bytes)
    this.#setBytes(grown)
  }

  #setBytes(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }

  clear(row: number): void {
    this.#offsets[row + 1] = this.#offsets[row]!
  }

  finish(): BytesValues {
    const offsets = this.#offsets
    const sizeBytes = offsets[this.#rows]!
    const bytes = this.#bytes.subarray(0, sizeBytes)
    if (this.#rows > 0) this.#bytesPerRow = (HEADROOM * sizeBytes) / this.#rows
    this.#setBytes(NO_BYTES)
    this.#offsets = NO_OFFSETS
    return { layout: 'bytes', bytes, offsets }
  }
}

/**
 * Looks at four bytes at once for those that do not stand for themselves in a string: a quote, a backslash, a control
 * character, or part of a character of several bytes. The top bit of the first such byte is set in the answer, and
 * none below it; 0 says that there is none. (A borrow can only disturb bytes above a special one.)
 */
function specialBytes(word: number): number {
  const quote = word ^ 0x22222222
  const backslash = word ^ 0x5c5c5c5c
  return (word | (word - 0x20202020) | (quote - 0x01010101) | (backslash - 0x01010101)) & 0x80808080
}
