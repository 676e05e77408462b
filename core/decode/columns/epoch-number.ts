import type { EventText } from '../event-text.ts'
import { readExactNumber } from '../exact-number.ts'
import { INVALID_VALUE, OUT_OF_RANGE } from '../faults.ts'
import { DOT, MINUS, NINE, ZERO } from '../json-scanner.ts'
import type { Instant, InstantReader } from './instant.ts'

const MICROS_DIGITS = 6
/** No instant in range has more digits in seconds. */
const MAX_SECONDS_DIGITS = 11
const MIN_TELLING_DIGITS = 9

/**
 * Numbers of a unit since 1970, as JSON writes numbers, with any fraction. The digits are only moved: seconds end
 * where the unit says, so nothing is multiplied, and a number of any length is exact.
 */
export class EpochNumberReader implements InstantReader {
  readonly #unitDigits: number | undefined

  /**
   * @param unitDigits digits of a second that stand before the point: 0 for s, 3 for ms, 6 for µs, 9 for ns; without it,
   *   the number tells its unit by how many digits it has before the point
   */
  constructor(unitDigits?: 0 | 3 | 6 | 9) {
    this.#unitDigits = unitDigits
  }

  read({ bytes }: EventText, at: number, into: Instant): number {
    const negative = bytes[at] === MINUS
    const first = negative ? at + 1 : at
    const point = skipDigits(bytes, first)
    if (point === first || (bytes[first] === ZERO && point > first + 1)) return INVALID_VALUE
    let next = point
    if (bytes[point] === DOT) {
      next = skipDigits(bytes, point + 1)
      if (next === point + 1) return INVALID_VALUE
    }
    if (bytes[next] === 0x65 || bytes[next] === 0x45) return this.#readPower(bytes, at, into)
    const unitDigits = this.#unitDigits ?? unitDigitsOf(point - first)
    if (unitDigits < 0) return unitDigits
    const secondsEnd = point - unitDigits
    if (secondsEnd - first > MAX_SECONDS_DIGITS) return OUT_OF_RANGE
    let seconds = 0
    for (let i = first; i < secondsEnd; i++) seconds = seconds * 10 + (bytes[i]! - ZERO)
    let micros = 0
    let place = secondsEnd
    for (let digits = 0; digits < MICROS_DIGITS; digits++, place++) {
      // The point stands for no digit, and before the first digit are zeros.
      if (place === point) place++
      micros = micros * 10 + (place >= first && place < next ? bytes[place]! - ZERO : 0)
    }
    setInstant(into, negative, seconds, micros, negative && hasDigits(bytes, Math.max(place, first), next))
    return next
  }

  /** A number with an exponent, which hardly any event has. */
  #readPower(bytes: Uint8Array, at: number, into: Instant): number {
    const number = readExactNumber(bytes, at)
    if (number === undefined) return INVALID_VALUE
    if (number.digits === '') {
      if (this.#unitDigits === undefined) return INVALID_VALUE
      setInstant(into, false, 0, 0, false)
      return number.next
    }
    const unitDigits = this.#unitDigits ?? unitDigitsOf(number.digits.length + number.exponent)
    if (unitDigits < 0) return unitDigits
    // ±digits × 10^places microseconds.
    const places = number.exponent + MICROS_DIGITS - unitDigits
    if (number.digits.length + places > MAX_SECONDS_DIGITS + MICROS_DIGITS) return OUT_OF_RANGE
    const kept = Math.max(0, number.digits.length + Math.min(0, places))
    const micros = BigInt(number.digits.slice(0, kept) + '0'.repeat(Math.max(0, places)) || '0')
    const rest = kept < number.digits.length
    const perSecond = 1_000_000n
    setInstant(into, number.negative, Number(micros / perSecond), Number(micros % perSecond), rest)
    return number.next
  }
}

/**
 * The unit of a number with so many digits before the point: seconds from 9 on, then three more for each finer unit. In
 * seconds that is from 1973 to 5138, and as long before 1970. Fewer digits may be anything, such as a day like 20260105.
 */
function unitDigitsOf(digits: number): number {
  if (digits < MIN_TELLING_DIGITS) return INVALID_VALUE
  if (digits <= MAX_SECONDS_DIGITS) return 0
  const more = 3 * Math.ceil((digits - MAX_SECONDS_DIGITS) / 3)
  return more > 9 ? OUT_OF_RANGE : more
}

/** Rounds ±(`seconds` + `micros`, and something more where `rest`) down. */
function setInstant(into: Instant, negative: boolean, seconds: number, micros: number, rest: boolean): void {
  if (!negative) {
    into.seconds = seconds
    into.micros = micros
    return
  }
  const below = rest ? micros + 1 : micros
  into.seconds = below === 0 ? -seconds : -seconds - 1
  into.micros = below === 0 ? 0 : 1e6 - below
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let i = at
  while (bytes[i]! >= ZERO && bytes[i]! <= NINE) i++
  return i
}

/** Whether any digit but zero stands from `at` to `end`. */
function hasDigits(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i]! > ZERO) return true
  return false
}
