import { Temporal } from 'temporal-polyfill'
import type { BucketWidth } from '../../core/model/time-buckets.ts'

/** The zones of the tz database, as Node lists them. */
export const ALL_ZONES: readonly string[] = Intl.supportedValuesOf('timeZone')

const instantOf = (seconds: number) => Temporal.Instant.fromEpochMilliseconds(seconds * 1000)
const secondsOf = (at: { epochMilliseconds: number }) => at.epochMilliseconds / 1000

/** All changes of clocks of a zone from the year `from` to the year `to`, in seconds since 1970. */
export function changesBetween(timeZone: string, from: number, to: number): number[] {
  const found: number[] = []
  let at = Temporal.Instant.from(`${from}-01-01T00:00Z`).toZonedDateTimeISO(timeZone)
  for (;;) {
    const next = at.getTimeZoneTransition('next')
    if (next === null || next.toInstant().toZonedDateTimeISO('UTC').year >= to) return found
    if (next.offsetNanoseconds !== at.offsetNanoseconds) found.push(secondsOf(next))
    at = next
  }
}

export function oracleOffsetSeconds(timeZone: string, atSeconds: number): number {
  return instantOf(atSeconds).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1e9
}

/** `YYYY-MM-DDTHH:MM:SS±HH:MM`, for an offset of whole minutes. */
export function oracleText(timeZone: string, atSeconds: number): string {
  return instantOf(atSeconds).toZonedDateTimeISO(timeZone).toString({ timeZoneName: 'never' })
}

/** The instant that a local time means: the first of two, and moved on by the change where it never came. */
export function oracleInstant(timeZone: string, local: string): number {
  return secondsOf(
    Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone, { disambiguation: 'compatible' }),
  )
}

export function oracleStartOfDay(timeZone: string, date: string): number {
  return secondsOf(Temporal.PlainDate.from(date).toZonedDateTime(timeZone))
}

/** The start of the bucket that holds an instant, by Temporal's calendar and its resolution of local times. */
export function oracleBucket(timeZone: string, width: BucketWidth, atSeconds: number): number {
  const local = instantOf(atSeconds).toZonedDateTimeISO(timeZone).toPlainDateTime()
  const date = firstDay(local.toPlainDate(), width)
  if (date !== undefined) return secondsOf(date.toZonedDateTime(timeZone))
  const { unit, count } = width as BucketWidth & { unit: 'hour' | 'minute' | 'second' }
  const start = local.round({ smallestUnit: unit, roundingIncrement: count, roundingMode: 'floor' })
  const [earlier, later] = (['earlier', 'later'] as const).map(disambiguation =>
    start.toZonedDateTime(timeZone, { disambiguation }),
  )
  const came = (at: Temporal.ZonedDateTime) => at.toPlainDateTime().equals(start)
  if (!came(earlier!)) return secondsOf(earlier!.getTimeZoneTransition('next')!)
  return secondsOf(later!) <= atSeconds ? secondsOf(later!) : secondsOf(earlier!)
}

/** The first day of the bucket of days, weeks, months, quarters or years that holds a day. */
function firstDay(
  day: Temporal.PlainDate,
  { unit, count, weekStart, fiscalYearStart }: BucketWidth,
): Temporal.PlainDate | undefined {
  const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
  switch (unit) {
    case 'day':
      return day
    case 'week': {
      let first = day
      while (DAYS[first.dayOfWeek - 1] !== weekStart) first = first.subtract({ days: 1 })
      return first
    }
    case 'month':
    case 'quarter':
    case 'year': {
      const months = count * { month: 1, quarter: 3, year: 12 }[unit]
      let first = day.with({ day: 1 })
      while ((first.month - fiscalYearStart + 12) % months !== 0) first = first.subtract({ months: 1 })
      return first
    }
    default:
      return undefined
  }
}
