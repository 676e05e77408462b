import { TwofoldError } from '../../core/model/errors.ts'
import { instantOfLocal, startOfLocalDay } from './time-zone.ts'

/** An instant: whole seconds since 1970 and the microseconds beyond them. */
export interface Instant {
  readonly seconds: number
  readonly micros: number
}

const FORM =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})0*)?)?([Zz]|[+-]\d\d:\d\d)?)?$/

/**
 * Reads RFC 3339, or a date, or a date and time without an offset; the last two are local to `timeZone`.
 * @throws TIME_INVALID, naming `place`
 */
export function parseInstant(text: string, timeZone: string, place: string): Instant {
  const match = FORM.exec(text)
  if (match === null) throw timeInvalid(text, place)
  const local = secondsOf(match.slice(1, 7).map(part => Number(part ?? 0)))
  if (local === undefined) throw timeInvalid(text, place)
  const micros = Number((match[7] ?? '').padEnd(6, '0'))
  const offset = match[8]
  if (offset === undefined) {
    const isDate = match[4] === undefined
    return { seconds: (isDate ? startOfLocalDay : instantOfLocal)(local, timeZone), micros }
  }
  const shift = shiftOf(offset)
  if (shift === undefined) throw timeInvalid(text, place)
  return { seconds: local - shift, micros }
}

/** `YYYY-MM-DDTHH:MM:SSZ`. */
export function secondsText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** Seconds since 1970 of a time in UTC, or `undefined` where the calendar or the clock has no such time. */
function secondsOf(parts: readonly number[]): number | undefined {
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const real =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
  return real ? date.getTime() / 1000 + hour * 3600 + minute * 60 + second : undefined
}

function shiftOf(offset: string): number | undefined {
  if (/^z$/i.test(offset)) return 0
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(4, 6))]
  if (hours > 23 || minutes > 59) return undefined
  return (offset.startsWith('-') ? -1 : 1) * (hours * 3600 + minutes * 60)
}

function timeInvalid(text: string, place: string): TwofoldError {
  return new TwofoldError('TIME_INVALID', `${place}: ${JSON.stringify(text)} is not a time.`, {
    details: { field: place, value: text },
  })
}
