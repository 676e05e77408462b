import type { EventText } from '../event-text.ts'
import { readExactNumber, scaledMagnitude } from '../exact-number.ts'
import { OUT_OF_RANGE, WRONG_TYPE } from '../faults.ts'
import { IntegerDigits, TWO_32 } from '../integer-digits.ts'
import { MINUS } from '../json-scanner.ts'
import { TimestampColumn } from './timestamp.ts'

/** More digits than any instant in range has in microseconds, few enough for a double to compare. */
const MAX_DIGITS = 20

/** Upper halves below this make numbers that a double holds exactly. */
const SAFE_HIGH = 2 ** 21

/** Numbers of seconds, milli- or microseconds since 1970, with a fraction where it is exact to the microsecond. */
export class EpochColumn extends TimestampColumn {
  readonly #digits = new IntegerDigits()
  readonly #microsPerUnit: number
  readonly #microsDigits: number

  /** @param microsDigits digits of a unit's fraction that a microsecond has: 6 for s, 3 for ms, 0 for µs */
  constructor(microsDigits: 0 | 3 | 6) {
    super()
    this.#microsPerUnit = 10 ** microsDigits
    this.#microsDigits = microsDigits
  }

  read(text: EventText, at: number, row: number): number {
    const digits = this.#digits
    const negative = text.bytes[at] === MINUS
    const next = digits.read(text, negative ? at + 1 : at)
    if (next < 0 || digits.high >= SAFE_HIGH) return this.#readExact(text.bytes, at, row)
    const magnitude = digits.high * TWO_32 + digits.low
    const units = negative ? -magnitude : magnitude
    const micros = units * this.#microsPerUnit
    // Below 2^53 the product is exact, and what a double rounds stays above.
    if (Math.abs(micros) > Number.MAX_SAFE_INTEGER) return this.#readExact(text.bytes, at, row)
    return this.writeMicros(row, micros, next)
  }

  #readExact(bytes: Uint8Array, at: number, row: number): number {
    const number = readExactNumber(bytes, at)
    if (number === undefined) return WRONG_TYPE
    const magnitude = scaledMagnitude(number, this.#microsDigits, MAX_DIGITS)
    if (magnitude === undefined) return OUT_OF_RANGE
    const total = number.negative ? -magnitude : magnitude
    const micros = ((total % 1_000_000n) + 1_000_000n) % 1_000_000n
    return this.write(row, Number((total - micros) / 1_000_000n), Number(micros), number.next)
  }
}
