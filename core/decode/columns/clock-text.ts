import { DAY_SECONDS, END_SECONDS, MIN_DAYS, twoDigits } from '../calendar.ts'
import { OUT_OF_RANGE } from '../faults.ts'
import { COLON, MINUS, NINE, ZERO } from '../json-scanner.ts'
import { POWERS_OF_TEN } from '../short-number.ts'
import type { Instant } from './instant.ts'
import type { WallClock } from './wall-clock.ts'

const PLUS = 0x2b
const MICROS_DIGITS = 6
const MAX_FRACTION_DIGITS = 9
const MAX_OFFSET_MINUTES = 24 * 60

/** Reads the parts that texts of several formats have in common. One is used over and over. */
export class ClockText {
  /** What the last part came to: microseconds of a fraction, or seconds of an offset. */
  value = 0

  /**
   * Reads a fraction of 1 to 9 digits in microseconds, rounded down.
   *
   * @returns the position behind it, or −1
   */
  readFraction(bytes: Uint8Array, at: number): number {
    let micros = 0
    let i = at
    for (let c = bytes[i]!; c >= ZERO && c <= NINE; c = bytes[++i]!) {
      if (i < at + MICROS_DIGITS) micros = micros * 10 + (c - ZERO)
    }
    const digits = i - at
    if (digits === 0 || digits > MAX_FRACTION_DIGITS) return -1
    this.value = digits < MICROS_DIGITS ? micros * POWERS_OF_TEN[MICROS_DIGITS - digits]! : micros
    return i
  }

  /**
   * Reads `Z`, `±hh`, `±hhmm` or `±hh:mm` in seconds east of UTC.
   *
   * @returns the position behind it, or −1
   */
  readOffset(bytes: Uint8Array, at: number): number {
    const sign = bytes[at]
    this.value = 0
    if (sign === 0x5a || sign === 0x7a) return at + 1
    if (sign !== PLUS && sign !== MINUS) return -1
    const hours = twoDigits(bytes, at + 1)
    if (hours < 0) return -1
    let i = at + 3
    let minutes = 0
    const hasColon = bytes[i] === COLON
    const first = hasColon ? i + 1 : i
    if (hasColon || (bytes[first]! >= ZERO && bytes[first]! <= NINE)) {
      minutes = twoDigits(bytes, first)
      i = first + 2
    }
    const total = hours * 60 + minutes
    if (minutes < 0 || minutes > 59 || total >= MAX_OFFSET_MINUTES) return -1
    this.value = (sign === MINUS ? -total : total) * 60
    return i
  }
}

/**
 * The instant at which the zone's clock shows `local`, seconds as if it were UTC. Answers with `next`, or OUT_OF_RANGE
 * far outside of the range.
 */
export function atZone(into: Instant, local: number, micros: number, zone: WallClock, next: number): number {
  if (local < (MIN_DAYS - 2) * DAY_SECONDS || local > END_SECONDS + 2 * DAY_SECONDS) return OUT_OF_RANGE
  into.seconds = zone.instantOf(local)
  into.micros = micros
  return next
}
