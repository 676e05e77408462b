import { type Grain, grainSeconds } from './grain.ts'

/** The days of the week, as `weekStart` names them. */
export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

export type Weekday = (typeof WEEKDAYS)[number]

/** How wide a time bucket of a question is, and where on the calendar one begins. */
export interface BucketWidth {
  readonly unit: Grain
  /** How many units make a bucket: one, or as many as divide the next larger unit. */
  readonly count: number
  /** The day on which a week begins. */
  readonly weekStart: Weekday
  /** The month, 1 to 12, on whose first day a year begins, and with it the first of its quarters. */
  readonly fiscalYearStart: number
}

/** A time within which the zone's offset is the same. It ends where the next begins. */
export interface OffsetSpan {
  /** The first instant, in seconds since 1970; the first span of all begins before every event. */
  readonly startSeconds: number
  /** How far local time is ahead of UTC, in seconds. */
  readonly offsetSeconds: number
  /** The start of the bucket that holds `startSeconds`. */
  readonly bucketSeconds: number
}

/** How a question cuts time into buckets on the wall clock of a zone. Plain data: no engine's zone data is asked. */
export interface TimeBuckets {
  readonly width: BucketWidth
  readonly timeZone: string
  /** All that the buckets of the range touch, in order. */
  readonly spans: readonly OffsetSpan[]
  /** True where a bucket of the view may lie in two of these, which is to be refused where there is data. */
  readonly mayCut: boolean
}

export const DAY_SECONDS = 86_400

/** Begins the first span of all. */
export const BEFORE_ALL_SECONDS = -(2 ** 40)

/** A bucket of one unit of the common calendar. */
export function wholeUnit(unit: Grain): BucketWidth {
  return { unit, count: 1, weekStart: 'monday', fiscalYearStart: 1 }
}

/** Buckets of one unit in UTC. */
export function utcBuckets(unit: Grain): TimeBuckets {
  return {
    width: wholeUnit(unit),
    timeZone: 'UTC',
    spans: [{ startSeconds: BEFORE_ALL_SECONDS, offsetSeconds: 0, bucketSeconds: BEFORE_ALL_SECONDS }],
    mayCut: false,
  }
}

/** The fixed length of a bucket on the wall clock in seconds, or `undefined` where it is made of months. */
export function widthSeconds({ unit, count }: BucketWidth): number | undefined {
  const seconds = grainSeconds(unit)
  return seconds === undefined ? undefined : seconds * count
}

/** The length of a bucket in months; 0 where it is not made of months. */
export function widthMonths({ unit, count }: BucketWidth): number {
  return count * (unit === 'month' ? 1 : unit === 'quarter' ? 3 : unit === 'year' ? 12 : 0)
}

/** A local time, in seconds since 1970 as if it were UTC, at which a bucket of fixed length begins. */
export function fixedOriginSeconds({ unit, weekStart }: BucketWidth): number {
  // 1970 began on a Thursday; its first Monday was the 5th.
  return unit === 'week' ? (4 + WEEKDAYS.indexOf(weekStart)) * DAY_SECONDS : 0
}

/** True where each bucket of the width is made of whole buckets of `grain`, as long as both are of one time zone. */
export function isWidthMadeOf(width: BucketWidth, grain: Grain): boolean {
  const [months, grainMonths] = [widthMonths(width), widthMonths(wholeUnit(grain))]
  if (grainMonths > 0)
    return months > 0 && months % grainMonths === 0 && (width.fiscalYearStart - 1) % grainMonths === 0
  if (grain === 'week') return width.unit === 'week' && width.weekStart === 'monday'
  return months > 0 || widthSeconds(width)! % grainSeconds(grain)! === 0
}

/** The start of the bucket that holds a local time; both in seconds since 1970 as if they were UTC. */
export function floorLocal(localSeconds: number, width: BucketWidth): number {
  const seconds = widthSeconds(width)
  if (seconds === undefined) return monthStart(floorMonth(localSeconds, width))
  const origin = fixedOriginSeconds(width)
  return Math.floor((localSeconds - origin) / seconds) * seconds + origin
}

/** The start of the bucket behind the one that begins at a local time. */
export function nextLocal(startSeconds: number, width: BucketWidth): number {
  const seconds = widthSeconds(width)
  if (seconds !== undefined) return startSeconds + seconds
  return monthStart(floorMonth(startSeconds, width) + widthMonths(width))
}

/** The first month of the bucket that holds a local time: months since the year 0. */
function floorMonth(localSeconds: number, width: BucketWidth): number {
  const date = new Date(localSeconds * 1000)
  const origin = width.fiscalYearStart - 1
  const months = widthMonths(width)
  return Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth() - origin) / months) * months + origin
}

function monthStart(month: number): number {
  // Date.UTC would take the years 0 to 99 for those after 1900.
  return new Date(0).setUTCFullYear(0, month, 1) / 1000
}
