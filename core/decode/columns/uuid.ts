import type { EventText } from '../event-text.ts'
import { INVALID_VALUE } from '../faults.ts'
import { MINUS, QUOTE } from '../json-scanner.ts'
import { FixedColumn } from './fixed-column.ts'
import { readQuoted, type TextReader } from './text.ts'

const NOT_HEX = 0x80
const HEX = new Uint8Array(256).fill(NOT_HEX)
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

/** Where in `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` each of the 16 bytes stands, the most significant first. */
const BYTE_AT = Uint8Array.from([0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34])
const UUID_END = 36

/** UUIDs in their 36 characters, of any version, in either case. */
export class UuidColumn extends FixedColumn implements TextReader {
  #values!: Uint8Array

  constructor() {
    super(16)
  }

  protected view(buffer: ArrayBuffer): void {
    this.#values = new Uint8Array(buffer)
  }

  read(text: EventText, at: number, row: number): number {
    return readQuoted(this, text, at, row)
  }

  readText({ bytes }: EventText, at: number, row: number): number {
    if (bytes[at + UUID_END] !== QUOTE) return INVALID_VALUE
    if (bytes[at + 8] !== MINUS || bytes[at + 13] !== MINUS) return INVALID_VALUE
    if (bytes[at + 18] !== MINUS || bytes[at + 23] !== MINUS) return INVALID_VALUE
    const last = 16 * row + 15
    let seen = 0
    for (let k = 0; k < 16; k++) {
      const i = at + BYTE_AT[k]!
      const upper = HEX[bytes[i]!]!
      const lower = HEX[bytes[i + 1]!]!
      seen |= upper | lower
      this.#values[last - k] = (upper << 4) | lower
    }
    if (seen >= NOT_HEX) return INVALID_VALUE
    // DuckDB flips the top bit, so that UUIDs order as its signed 128-bit integers do.
    this.#values[last]! ^= 0x80
    return at + UUID_END
  }
}
