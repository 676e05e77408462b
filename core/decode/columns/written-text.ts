import type { EventText } from '../event-text.ts'
import { INVALID_JSON, WRONG_TYPE } from '../faults.ts'
import { MINUS, NINE, QUOTE, skipFalse, skipNumber, skipTrue, ZERO } from '../json-scanner.ts'
import { StringColumn } from './string.ts'

/** Strings, and numbers and booleans as the very text that the event has: `007` as a string, `1e3` as a number. */
export class TextColumn extends StringColumn {
  override read(text: EventText, at: number, row: number): number {
    const { bytes } = text
    const first = bytes[at]!
    if (first === QUOTE) return super.read(text, at, row)
    const skip = first === 0x74 ? skipTrue : first === 0x66 ? skipFalse : skipNumber
    if (skip === skipNumber && first !== MINUS && !(first >= ZERO && first <= NINE)) return WRONG_TYPE
    const next = skip(bytes, at)
    if (next < 0) return INVALID_JSON
    this.take(bytes, at, next, row)
    return next
  }
}
