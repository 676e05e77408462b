import { type EventText, textOf } from '../event-text.ts'
import { INVALID_JSON, INVALID_VALUE, WRONG_TYPE } from '../faults.ts'
import { QUOTE, skipString } from '../json-scanner.ts'
import { hasEscape, unescapeString } from '../json-string.ts'

/**
 * Reads a value that is written inside a string.
 *
 * `at` is the byte behind the opening quote. Answers with the position of the closing quote, which it has seen, or
 * with a fault.
 */
export interface TextReader {
  readText(text: EventText, at: number, row: number): number
}

/** Reads the string at `at` as `reader` asks. Answers like `Column.read`. */
export function readQuoted(reader: TextReader, text: EventText, at: number, row: number): number {
  if (text.bytes[at] !== QUOTE) return WRONG_TYPE
  const end = reader.readText(text, at + 1, row)
  return end < 0 ? readUnescaped(reader, text.bytes, at, row, end) : end + 1
}

/** A second try on a string that was not understood: the same characters may stand there as escapes. */
function readUnescaped(
  reader: TextReader,
  bytes: Uint8Array,
  at: number,
  row: number,
  fault: number,
): number {
  const next = skipString(bytes, at)
  if (next < 0) return INVALID_JSON
  if (!hasEscape(bytes, at + 1, next)) return fault
  const characters = unescapeString(bytes, at, next)
  if (characters === undefined) return INVALID_VALUE
  const end = reader.readText(textOf(characters), 0, row)
  if (end < 0) return end
  // A quote among the characters is not the one that ends them.
  return end === characters.length - 1 ? next : INVALID_VALUE
}
