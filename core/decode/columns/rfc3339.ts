import { DAY_SECONDS, NO_DAY, readDay, twoDigits } from '../calendar.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE, OUT_OF_RANGE } from '../faults.ts'
import { COLON, DOT, MINUS, NINE, QUOTE, SPACE, ZERO } from '../json-scanner.ts'
import { POWERS_OF_TEN } from '../short-number.ts'
import { Instant, type InstantReader } from './instant.ts'
import { readQuoted, type TextReader } from './text.ts'
import { TimestampColumn } from './timestamp.ts'

const PLUS = 0x2b
const MAX_FRACTION_DIGITS = 9
const MICROS_DIGITS = 6
/** Behind `YYYY-MM-DDThh:mm:ss`. */
const SECONDS_END = 19

/**
 * `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)` of RFC 3339, with `T`, `t` or a space. Digits of the fraction behind the
 * microsecond are cut off. A leap second (`:60`) is out of range: neither DuckDB nor ClickHouse has an instant for it,
 * and to move it would make two instants one.
 */
export class Rfc3339Reader implements InstantReader {
  /** The bytes `YYYY`, `-MM-` and `DD` of the last day read, and the day they stand for. */
  #lastYear = 0
  #lastMonth = 0
  #lastDay = 0
  #lastDays = NO_DAY

  read(text: EventText, at: number, into: Instant): number {
    const { bytes } = text
    const days = this.#readDay(text, at)
    const separator = bytes[at + 10]
    const hour = twoDigits(bytes, at + 11)
    const minute = twoDigits(bytes, at + 14)
    const second = twoDigits(bytes, at + 17)
    if (days === NO_DAY || (separator !== 0x54 && separator !== 0x74 && separator !== SPACE))
      return INVALID_VALUE
    if (bytes[at + 13] !== COLON || bytes[at + 16] !== COLON) return INVALID_VALUE
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return INVALID_VALUE
    let i = at + SECONDS_END
    let micros = 0
    if (bytes[i] === DOT) {
      const fraction = i + 1
      i = fraction
      for (let c = bytes[i]!; c >= ZERO && c <= NINE; c = bytes[++i]!) {
        if (i < fraction + MICROS_DIGITS) micros = micros * 10 + (c - ZERO)
      }
      if (i === fraction || i > fraction + MAX_FRACTION_DIGITS) return INVALID_VALUE
      if (i < fraction + MICROS_DIGITS) micros *= POWERS_OF_TEN[MICROS_DIGITS - (i - fraction)]!
    }
    const zone = bytes[i]
    let offsetMinutes = 0
    if (zone === 0x5a || zone === 0x7a) i += 1
    else if (zone === PLUS || zone === MINUS) {
      offsetMinutes = readOffsetMinutes(bytes, i + 1)
      if (offsetMinutes < 0) return INVALID_VALUE
      if (zone === MINUS) offsetMinutes = -offsetMinutes
      i += 6
    } else return INVALID_VALUE
    if (bytes[i] !== QUOTE) return INVALID_VALUE
    if (second === 60) return OUT_OF_RANGE
    const secondOfDay = hour * 3600 + minute * 60 + second
    into.seconds = days * DAY_SECONDS + secondOfDay - offsetMinutes * 60
    into.micros = micros
    return i
  }

  /** Reads a day, or recognises the one read last: events that follow one another tend to be of the same day. */
  #readDay({ bytes, view }: EventText, at: number): number {
    const year = view.getInt32(at, true)
    const month = view.getInt32(at + 4, true)
    const day = view.getInt16(at + 8, true)
    if (year === this.#lastYear && month === this.#lastMonth && day === this.#lastDay) return this.#lastDays
    const days = readDay(bytes, at)
    this.#lastYear = year
    this.#lastMonth = month
    this.#lastDay = day
    this.#lastDays = days
    return days
  }
}

/** Texts of RFC 3339. */
export class Rfc3339Column extends TimestampColumn implements TextReader {
  readonly #reader = new Rfc3339Reader()
  readonly #instant = new Instant()

  read(text: EventText, at: number, row: number): number {
    return readQuoted(this, text, at, row)
  }

  readText(text: EventText, at: number, row: number): number {
    const next = this.#reader.read(text, at, this.#instant)
    return next < 0 ? next : this.write(row, this.#instant.seconds, this.#instant.micros, next)
  }
}

/** The `hh:mm` at `at` in minutes, or a negative number where none stands. */
function readOffsetMinutes(bytes: Uint8Array, at: number): number {
  const hours = twoDigits(bytes, at)
  const minutes = twoDigits(bytes, at + 3)
  return hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || bytes[at + 2] !== COLON
    ? -1
    : hours * 60 + minutes
}
