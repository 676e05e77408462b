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
  /** Units in a second: 10^0, 10^3 or 10^6. */
  readonly #unitsPerSecond: number
  readonly #microsDigits: number

  /** @param fractionDigits digits of a second that are whole units: 0 for s, 3 for ms, 6 for µs */
  constructor(fractionDigits: 0 | 3 | 6) {
    super()
    this.#unitsPerSecond = 10 ** fractionDigits
    this.#microsDigits = 6 - fractionDigits
  }

  read({ bytes }: EventText, at: number, row: number): number {
    const digits = this.#digits
    const negative = bytes[at] === MINUS
    const next = digits.read(bytes, negative ? at + 1 : at)
    if (next < 0 || digits.high >= SAFE_HIGH) return this.#readExact(bytes, at, row)
    const magnitude = digits.high * TWO_32 + digits.low
    const units = negative ? -magnitude : magnitude
    const seconds = Math.floor(units / this.#unitsPerSecond)
    const micros = (units - seconds * this.#unitsPerSecond) * (1e6 / this.#unitsPerSecond)
    return this.write(row, seconds, micros, next)
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
