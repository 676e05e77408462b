import { TIMESTAMP_END_US, TIMESTAMP_MIN_US } from '../model/column-type.ts'
import { MINUS } from './json-scanner.ts'

export const DAY_SECONDS = 86_400
/** The range of instants in whole seconds and in days; the end is not part of it. */
export const END_SECONDS = TIMESTAMP_END_US / 1e6
export const MIN_DAYS = TIMESTAMP_MIN_US / 1e6 / DAY_SECONDS
export const END_DAYS = END_SECONDS / DAY_SECONDS

/** No sum or product below turns this into a number that is not negative. */
const NOT_DIGITS = -1e6

/** The two digits at `at` as a number; a large negative one where they are not digits. */
export function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NOT_DIGITS
}

/** What `readDay` answers where no day of the calendar is written. */
export const NO_DAY = -0x80000000

/** Days since 1970-01-01 of the `YYYY-MM-DD` at `at`, years 0000 to 9999, in the Gregorian calendar. */
export function readDay(bytes: Uint8Array, at: number): number {
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2)
  const month = twoDigits(bytes, at + 5)
  const day = twoDigits(bytes, at + 8)
  return bytes[at + 4] === MINUS && bytes[at + 7] === MINUS ? dayOf(year, month, day) : NO_DAY
}

/** Days since 1970-01-01 of a day of the calendar, years 0 to 9999; NO_DAY where there is no such day. */
export function dayOf(year: number, month: number, day: number): number {
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return NO_DAY
  return daysFromCivil(year, month, day)
}

/** The day of the week of a day since 1970-01-01: 0 is Sunday. */
export function weekdayOf(days: number): number {
  return (((days + 4) % 7) + 7) % 7
}

const MONTH_DAYS = Uint8Array.from([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])

function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : MONTH_DAYS[month]!
}

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so a leap day comes last. */
function daysFromCivil(year: number, month: number, day: number): number {
  // One era of 400 years is added, so that all divisions below are of positive integers.
  const y = year + 400 - (month <= 2 ? 1 : 0)
  const dayOfYear = (((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) | 0) + day - 1
  const days = y * 365 + ((y / 4) | 0) - ((y / 100) | 0) + ((y / 400) | 0) + dayOfYear
  return days - 719_468 - 146_097
}
