import { DAY_SECONDS, dayOf, NO_DAY, twoDigits } from '../calendar.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE, OUT_OF_RANGE } from '../faults.ts'
import { COLON, COMMA, DOT, MINUS, QUOTE, SPACE } from '../json-scanner.ts'
import { atZone, ClockText } from './clock-text.ts'
import type { Instant, InstantReader } from './instant.ts'
import type { WallClock } from './wall-clock.ts'

const LETTER_T = 0x54

/**
 * ISO 8601 as people have it: a day, and behind `T` or one space a time of day, each in the extended (`2026-01-05`,
 * `10:00:00`) or the basic form (`20260105`, `100000`); hours, minutes or seconds with a fraction behind `.` or `,`; then
 * `Z`, an offset, ` UTC`, or nothing, where the column has a zone.
 */
export class IsoReader implements InstantReader {
  readonly #zone: WallClock | undefined
  readonly #text = new ClockText()
  /** The second of the day, and the microsecond, that #readTime found. */
  #second = 0
  #micros = 0

  constructor(zone: WallClock | undefined) {
    this.#zone = zone
  }

  read({ bytes }: EventText, at: number, into: Instant): number {
    const isExtended = bytes[at + 4] === MINUS
    if (isExtended && bytes[at + 7] !== MINUS) return INVALID_VALUE
    const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
    const month = isExtended ? at + 5 : at + 4
    const day = isExtended ? at + 8 : at + 6
    const days = dayOf(year, twoDigits(bytes, month), twoDigits(bytes, day))
    if (days === NO_DAY) return INVALID_VALUE
    let i = day + 2
    this.#second = 0
    this.#micros = 0
    const separator = bytes[i]!
    if (separator !== QUOTE) {
      if ((separator | 0x20) !== (LETTER_T | 0x20) && separator !== SPACE) return INVALID_VALUE
      i = this.#readTime(bytes, i + 1)
      if (i < 0) return i
    }
    return this.#readZone(bytes, i, days * DAY_SECONDS + this.#second, into)
  }

  /** `hh`, `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fraction`, or the same without colons. */
  #readTime(bytes: Uint8Array, at: number): number {
    const isExtended = bytes[at + 2] === COLON
    const hour = twoDigits(bytes, at)
    if (hour < 0 || hour > 23) return INVALID_VALUE
    this.#second = hour * 3600
    const minuteAt = behindColon(bytes, at + 2, isExtended)
    if (minuteAt < 0) return at + 2
    const minute = twoDigits(bytes, minuteAt)
    if (minute < 0 || minute > 59) return INVALID_VALUE
    this.#second += minute * 60
    const secondAt = behindColon(bytes, minuteAt + 2, isExtended)
    if (secondAt < 0) return minuteAt + 2
    const second = twoDigits(bytes, secondAt)
    if (second < 0 || second > 60) return INVALID_VALUE
    if (second === 60) return OUT_OF_RANGE
    this.#second += second
    const point = bytes[secondAt + 2]
    if (point !== DOT && point !== COMMA) return secondAt + 2
    const next = this.#text.readFraction(bytes, secondAt + 3)
    if (next < 0) return INVALID_VALUE
    this.#micros = this.#text.value
    return next
  }

  #readZone(bytes: Uint8Array, at: number, local: number, into: Instant): number {
    if (bytes[at] === QUOTE) {
      return this.#zone === undefined ? INVALID_VALUE : atZone(into, local, this.#micros, this.#zone, at)
    }
    const first = bytes[at] === SPACE ? at + 1 : at
    into.micros = this.#micros
    into.seconds = local
    if (isUtc(bytes, first)) return first + 3
    const next = this.#text.readOffset(bytes, first)
    if (next < 0) return INVALID_VALUE
    into.seconds -= this.#text.value
    return next
  }
}

/** Where the next two digits stand, or −1 where the time of day ends. */
function behindColon(bytes: Uint8Array, at: number, isExtended: boolean): number {
  if (isExtended) return bytes[at] === COLON ? at + 1 : -1
  return bytes[at]! >= 0x30 && bytes[at]! <= 0x39 ? at : -1
}

function isUtc(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x55 && bytes[at + 1] === 0x54 && bytes[at + 2] === 0x43
}
