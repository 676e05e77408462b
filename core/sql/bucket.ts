import { type Grain, grainSeconds } from '../model/grain.ts'
import {
  type BucketWidth,
  fixedOriginSeconds,
  type TimeBuckets,
  wholeUnit,
  widthMonths,
  widthSeconds,
} from '../model/time-buckets.ts'

/**
 * Buckets in SQL: integer arithmetic over seconds, and tables of the zone's offsets that stand in the statement. The
 * time functions of ClickHouse are left out of it, with their zone data and their range of years.
 */

/** Begins the message with which ClickHouse refuses a bucket of a view that lies in two of the answer. */
export const BUCKET_CUT = 'TWOFOLD_BUCKET_CUT'

/** The tables of the zone's offsets as names for the whole statement: to be put before its SELECT. */
export function bucketTablesSql({ spans }: TimeBuckets): string {
  if (spans.length === 1) return ''
  const table = (name: string, values: readonly number[]) =>
    `CAST([${values.join(',')}], 'Array(Int64)') AS ${name}`
  return `WITH ${[
    table(
      '__starts',
      spans.map(span => span.startSeconds),
    ),
    table(
      '__offsets',
      spans.map(span => span.offsetSeconds),
    ),
    table(
      '__heads',
      spans.map(span => span.bucketSeconds),
    ),
  ].join(', ')}\n`
}

/** The start of the bucket that holds the view's bucket `__bucket`; both in seconds since 1970. */
export function bucketSql(buckets: TimeBuckets, viewGrain: Grain): string {
  const start = bucketAtSql(buckets, '__bucket', '__first')
  if (!buckets.mayCut) return `toInt64(${start})`
  const last = bucketAtSql(buckets, `(${nextSql(viewGrain, '__bucket')} - 1)`, '__last')
  return `toInt64(if(throwIf((${start} AS __first_start) != (${last}), '${BUCKET_CUT}') = 0, __first_start, 0))`
}

/**
 * A bucket's start `__time` as RFC 3339 with the offset in force at that instant. An offset is written in whole
 * minutes: of one with seconds these are taken from the time of day, so that the instant is the bucket's.
 */
export function timeTextSql(buckets: TimeBuckets): string {
  const { spans } = buckets
  if (spans.length === 1 && spans[0]!.offsetSeconds === 0 && buckets.timeZone === 'UTC')
    return `concat(${clockTextSql('__time')}, 'Z')`
  const shift = `intDiv(${offsetSql(buckets, '__time')}, 60) * 60`
  const two = (number: string) => `leftPad(toString(${number}), 2, '0')`
  const hours = two(`intDiv(abs(${shift}), 3600)`)
  const minutes = two(`intDiv(abs(${shift}) % 3600, 60)`)
  return `concat(${clockTextSql(`(__time + ${shift})`)}, if(${shift} < 0, '-', '+'), ${hours}, ':', ${minutes})`
}

/** `name` begins the names that the statement gives to parts of the expression. */
function bucketAtSql(buckets: TimeBuckets, instant: string, name: string): string {
  const { spans, width } = buckets
  const [only] = spans
  if (spans.length === 1) {
    const local = only!.offsetSeconds === 0 ? instant : `(${instant} + ${only!.offsetSeconds})`
    return `${floorSql(width, local, name)} - ${only!.offsetSeconds}`
  }
  const span = `(${spanSql(instant)} AS ${name}_span)`
  const offset = `(transform(${span}, __starts, __offsets, 0) AS ${name}_offset)`
  const local = `(${instant} + ${offset} AS ${name}_local)`
  const start = `${floorSql(width, local, name)} - ${name}_offset AS ${name}_begin`
  return `if((${start}) <= ${name}_span, transform(${name}_span, __starts, __heads, 0), ${name}_begin)`
}

/** The start of the time of one offset that holds an instant. */
function spanSql(instant: string): string {
  return `roundDown(${instant}, __starts)`
}

function offsetSql({ spans }: TimeBuckets, instant: string): string {
  if (spans.length === 1) return String(spans[0]!.offsetSeconds)
  return `transform(${spanSql(instant)}, __starts, __offsets, 0)`
}

/** The local start of the bucket that holds a local time. */
function floorSql(width: BucketWidth, local: string, name: string): string {
  const seconds = widthSeconds(width)
  if (seconds === undefined) return monthStartSql(floorMonthSql(width, local, name), name)
  const origin = fixedOriginSeconds(width)
  const named = `(${local} AS ${name}_time)`
  return `(${named} - positiveModulo(${name}_time - ${origin}, ${seconds}))`
}

/** The start, in UTC, of the view's bucket behind the one that begins at `start`. */
function nextSql(grain: Grain, start: string): string {
  const seconds = grainSeconds(grain)
  if (seconds !== undefined) return `${start} + ${seconds}`
  const width = wholeUnit(grain)
  return monthStartSql(`(${floorMonthSql(width, start, '__here')} + ${widthMonths(width)})`, '__next')
}

/** The first month of the bucket that holds a local time: months since the year 0. */
function floorMonthSql(width: BucketWidth, local: string, name: string): string {
  const [months, origin] = [widthMonths(width), width.fiscalYearStart - 1]
  const month = `(${monthSql(local, name)} AS ${name}_month)`
  return months === 1 ? month : `(${month} - positiveModulo(${name}_month - ${origin}, ${months}))`
}

/** ClickHouse knows the calendar from 1900 to 2299; a local time may be some hours before or after. */
function monthSql(local: string, name: string): string {
  const date = `toDateTime64(${name}_time, 0, 'UTC')`
  const within = `toInt64(toYear(${date})) * 12 + toMonth(${date}) - 1`
  return `multiIf((${local} AS ${name}_time) < ${YEARS_FROM}, ${1900 * 12 - 1}, ${name}_time >= ${YEARS_TO}, ${2300 * 12}, ${within})`
}

/** The start of a month: in years of the Gregorian calendar that begin in March, a month's first day is a line. */
function monthStartSql(month: string, name: string): string {
  const year = `(intDiv((${month} AS ${name}_first) - 2, 12) AS ${name}_year)`
  const leapDays = `intDiv(${name}_year, 4) - intDiv(${name}_year, 100) + intDiv(${name}_year, 400)`
  const days = `365 * ${year} + ${leapDays} + intDiv(153 * ((${name}_first - 2) % 12) + 2, 5) - 719468`
  return `(${days}) * 86400`
}

/** A local time, in seconds since 1970 as if it were UTC, as `YYYY-MM-DDTHH:MM:SS`. */
function clockTextSql(local: string): string {
  // The calendar is the same every 400 years.
  const years = `multiIf(${local} < ${YEARS_FROM}, -400, ${local} >= ${YEARS_TO}, 400, 0)`
  const date = `toDateTime64(${local} - ${years} * ${SECONDS_A_YEAR}, 0, 'UTC')`
  return `concat(leftPad(toString(toYear(${date}) + ${years}), 4, '0'), formatDateTime(${date}, '-%m-%dT%H:%i:%S', 'UTC'))`
}

const YEARS_FROM = Date.UTC(1900, 0) / 1000
const YEARS_TO = Date.UTC(2300, 0) / 1000
/** On average: a 400th of the 146,097 days after which the calendar comes again. */
const SECONDS_A_YEAR = (146_097 * 86_400) / 400
