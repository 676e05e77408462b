import type { EventText } from '../event-text.ts'
import { INVALID_VALUE } from '../faults.ts'
import { CLOSE_BRACE, OPEN_BRACE, QUOTE, skipSpace } from '../json-scanner.ts'
import { Token } from '../token.ts'
import { EpochNumberReader } from './epoch-number.ts'
import type { Instant } from './instant.ts'
import { IsoReader } from './iso.ts'

/**
 * Dates of MongoDB's Extended JSON: `{"$date": "2026-01-05T10:00:00Z"}`, `{"$date": {"$numberLong": "1767607200000"}}`
 * and, as old versions wrote it, `{"$date": 1767607200000}`.
 */
export class MongoDateReader {
  readonly #date = new Token('"$date"')
  readonly #numberLong = new Token('"$numberLong"')
  readonly #iso = new IsoReader(undefined)
  readonly #milliseconds = new EpochNumberReader(3)

  /** Reads the object at `at`. Answers with the position behind it, or with a fault. */
  read(text: EventText, at: number, into: Instant): number {
    const { bytes } = text
    const value = behindName(text, at, this.#date)
    if (value < 0) return INVALID_VALUE
    if (bytes[value] === QUOTE)
      return closed(bytes, behindQuote(bytes, this.#iso.read(text, value + 1, into)))
    if (bytes[value] !== OPEN_BRACE) return closed(bytes, this.#milliseconds.read(text, value, into))
    const digits = behindName(text, value, this.#numberLong)
    if (digits < 0 || bytes[digits] !== QUOTE) return INVALID_VALUE
    return closed(bytes, closed(bytes, behindQuote(bytes, this.#milliseconds.read(text, digits + 1, into))))
  }
}

/** Where the value of the object's first member stands, or a fault where it has another name. */
function behindName(text: EventText, at: number, name: Token): number {
  const { bytes } = text
  const first = skipSpace(bytes, at + 1)
  if (!name.isAt(text.view, first)) return INVALID_VALUE
  const colon = skipSpace(bytes, first + name.sizeBytes)
  return bytes[colon] === 0x3a ? skipSpace(bytes, colon + 1) : INVALID_VALUE
}

function behindQuote(bytes: Uint8Array, at: number): number {
  if (at < 0) return at
  return bytes[at] === QUOTE ? at + 1 : INVALID_VALUE
}

/** The position behind the brace that ends an object's only member, or a fault. */
function closed(bytes: Uint8Array, at: number): number {
  if (at < 0) return at
  const brace = skipSpace(bytes, at)
  return bytes[brace] === CLOSE_BRACE ? brace + 1 : INVALID_VALUE
}
