import { DAY_SECONDS, dayOf, NO_DAY, twoDigits, weekdayOf } from '../calendar.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE, OUT_OF_RANGE } from '../faults.ts'
import { COLON, COMMA, NINE, SPACE, ZERO } from '../json-scanner.ts'
import { ClockText } from './clock-text.ts'
import type { Instant, InstantReader } from './instant.ts'
import { isLetter, MONTHS, WEEKDAYS, ZoneName } from './names.ts'

const OPEN_PARENTHESIS = 0x28
const CLOSE_PARENTHESIS = 0x29

/**
 * `Mon, 05 Jan 2026 10:00:00 GMT` of RFC 1123, RFC 2822 and HTTP: the weekday and the seconds may be absent, the zone is
 * an offset or a name of RFC 2822, and a comment of
 * letters, like `(CET)`, may follow it.
 */
export class Rfc1123Reader implements InstantReader {
  readonly #text = new ClockText()
  readonly #zoneName = new ZoneName()

  read({ bytes }: EventText, at: number, into: Instant): number {
    const weekday = WEEKDAYS.find(bytes, at)
    let i = at
    if (weekday >= 0) {
      if (bytes[at + 3] !== COMMA) return INVALID_VALUE
      i = skipSpaces(bytes, at + 4)
    }
    const isShortDay = !isDigit(bytes[i + 1]!)
    const day = isShortDay && isDigit(bytes[i]!) ? bytes[i]! - ZERO : twoDigits(bytes, i)
    const month = behindSpaces(bytes, isShortDay ? i + 1 : i + 2)
    const year = behindSpaces(bytes, month + 3)
    const hour = behindSpaces(bytes, year + 4)
    if (month < 0 || year < 0 || hour < 0) return INVALID_VALUE
    const days = dayOf(
      twoDigits(bytes, year) * 100 + twoDigits(bytes, year + 2),
      MONTHS.find(bytes, month) + 1,
      day,
    )
    if (days === NO_DAY || (weekday >= 0 && weekday !== weekdayOf(days))) return INVALID_VALUE
    const zone = this.#readTime(bytes, hour, days * DAY_SECONDS, into)
    return zone < 0 ? zone : this.#readZone(bytes, zone, into)
  }

  /** `hh:mm` or `hh:mm:ss`, and the space behind it. */
  #readTime(bytes: Uint8Array, at: number, day: number, into: Instant): number {
    const hour = twoDigits(bytes, at)
    const minute = twoDigits(bytes, at + 3)
    const hasSecond = bytes[at + 5] === COLON
    const second = hasSecond ? twoDigits(bytes, at + 6) : 0
    if (bytes[at + 2] !== COLON || hour < 0 || hour > 23 || minute < 0 || minute > 59) return INVALID_VALUE
    if (second < 0 || second > 60) return INVALID_VALUE
    if (second === 60) return OUT_OF_RANGE
    into.seconds = day + hour * 3600 + minute * 60 + second
    into.micros = 0
    const zone = behindSpaces(bytes, hasSecond ? at + 8 : at + 5)
    return zone < 0 ? INVALID_VALUE : zone
  }

  #readZone(bytes: Uint8Array, at: number, into: Instant): number {
    let next = this.#zoneName.read(bytes, at)
    if (next >= 0) into.seconds -= this.#zoneName.seconds
    else {
      next = this.#text.readOffset(bytes, at)
      if (next < 0) return INVALID_VALUE
      into.seconds -= this.#text.value
    }
    const comment = skipSpaces(bytes, next)
    if (bytes[comment] !== OPEN_PARENTHESIS) return next
    let end = comment + 1
    while (isLetter(bytes[end]!) || bytes[end] === SPACE) end++
    return bytes[end] === CLOSE_PARENTHESIS ? end + 1 : INVALID_VALUE
  }
}

function skipSpaces(bytes: Uint8Array, at: number): number {
  let i = at
  while (bytes[i] === SPACE) i++
  return i
}

/** The position behind at least one space, or a negative number: also where `at` is one. */
function behindSpaces(bytes: Uint8Array, at: number): number {
  return at >= 0 && bytes[at] === SPACE ? skipSpaces(bytes, at) : -1e6
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE
}
