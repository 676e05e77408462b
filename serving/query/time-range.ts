import { TwofoldError } from '../../core/model/errors.ts'
import { GRAINS, type Grain, grainSeconds, isBucketStart } from '../../core/model/grain.ts'
import type { ViewQuery } from '../../core/model/query.ts'
import type { BucketWidth, TimeBuckets } from '../../core/model/time-buckets.ts'
import { planCalendar, planWidth } from './bucket-width.ts'
import { type Instant, parseInstant, secondsText } from './instant.ts'
import type { QueryRequest } from './request.ts'
import { ALL_INSTANTS, edgesWithin, type InstantRange, zoneBuckets } from './time-buckets.ts'
import { resolveTimeZone } from './time-zone.ts'

type TimePlan = Pick<ViewQuery, 'fromSeconds' | 'toSeconds' | 'buckets'> & { readonly timeZone: string }

/** Plans range, grain and time zone of a question to a view of grain `viewGrain`. */
export function planTime(request: QueryRequest, viewGrain: Grain): TimePlan {
  const timeZone = resolveTimeZone(request.timeZone ?? 'UTC')
  const { from, to } = request.timeRange ?? {}
  const fromSeconds = from === undefined ? undefined : edge(from, 'timeRange.from', timeZone, viewGrain)
  const toSeconds = to === undefined ? undefined : edge(to, 'timeRange.to', timeZone, viewGrain)
  if (fromSeconds !== undefined && toSeconds !== undefined && fromSeconds >= toSeconds) {
    throw new TwofoldError('TIME_RANGE_EMPTY', `The time range from ${from} to ${to} is empty.`, {
      details: { from, to },
    })
  }
  const calendar = planCalendar(request)
  const width = request.grain === undefined ? undefined : planWidth(request.grain, calendar, viewGrain)
  const buckets =
    width === undefined ? undefined : planBuckets(timeZone, width, viewGrain, { fromSeconds, toSeconds })
  return { fromSeconds, toSeconds, buckets, timeZone }
}

function edge(text: string, place: string, timeZone: string, viewGrain: Grain): number {
  const instant = parseInstant(text, timeZone, place)
  if (instant.micros === 0 && isBucketStart(instant.seconds * 1000, viewGrain)) return instant.seconds
  const nearest = bucketsAround(instant, viewGrain).map(secondsText)
  const read = timeZone === 'UTC' || HAS_OFFSET.test(text) ? text : `${text} in ${timeZone}`
  const at = read === text && timeZone === 'UTC' ? text : `${read} (${secondsText(instant.seconds)})`
  const finer = GRAINS.findLast(grain => isBucketStart(instant.seconds * 1000, grain))!
  const also =
    instant.micros === 0 ? ` For ranges that begin at ${read}, declare the view with the grain ${finer}.` : ''
  throw new TwofoldError(
    'RANGE_OFF_GRAIN',
    `${place}: at ${at} no ${viewGrain} begins in UTC, and the view is kept by ${viewGrain} in UTC.`,
    {
      hint: `The nearest are ${nearest.join(' and ')}.${read === text ? '' : also}`,
      details: { field: place, value: text, timeZone, nearest },
    },
  )
}

/** A time that says its own offset. */
const HAS_OFFSET = /:\d\d.*([Zz]|[+-]\d\d:\d\d)$/

/** The starts of the bucket that holds the instant and of the next. */
function bucketsAround({ seconds }: Instant, grain: Grain): [number, number] {
  const fixed = grainSeconds(grain)
  if (fixed !== undefined) {
    // 1970 began on a Thursday; its first Monday was the 5th.
    const shift = grain === 'week' ? 4 * 86_400 : 0
    const start = Math.floor((seconds - shift) / fixed) * fixed + shift
    return [start, start + fixed]
  }
  const date = new Date(seconds * 1000)
  const months = grain === 'month' ? 1 : grain === 'quarter' ? 3 : 12
  const month = Math.floor(date.getUTCMonth() / months) * months
  // Date.UTC would take the years 0 to 99 for those after 1900.
  const year = date.getUTCFullYear()
  return [month, month + months].map(at => new Date(0).setUTCFullYear(year, at, 1) / 1000) as [number, number]
}

/** What an open range is judged by before it is known where events are. */
const OPEN: InstantRange = { fromSeconds: Date.UTC(1970, 0) / 1000, toSeconds: Date.UTC(2100, 0) / 1000 }

/**
 * The buckets of the range. Where it ends on both sides, each must be made of whole buckets of the view; where it is
 * open, some of what it may hold must, and ClickHouse refuses the rest if it meets events there.
 * @throws TIME_ZONE_OFF_GRAIN
 */
function planBuckets(
  timeZone: string,
  width: BucketWidth,
  viewGrain: Grain,
  asked: { readonly fromSeconds: number | undefined; readonly toSeconds: number | undefined },
): TimeBuckets {
  const range = rangeWithin(asked, ALL_INSTANTS)
  const buckets = zoneBuckets(timeZone, width, range)
  const off = edgesWithin(buckets, viewGrain, range).filter(({ isWhole }) => !isWhole)
  if (off.length === 0) return buckets
  const isOpen = asked.fromSeconds === undefined || asked.toSeconds === undefined
  const usual = isOpen ? edgesWithin(buckets, viewGrain, rangeWithin(asked, OPEN)) : off
  if (usual.some(({ isWhole }) => isWhole)) return { ...buckets, mayCut: true }
  const { atSeconds, offsetSeconds } = usual[0] ?? off[0]!
  throw new TwofoldError(
    'TIME_ZONE_OFF_GRAIN',
    `The view is kept by ${viewGrain} in UTC, and ${timeZone} is off by ${offsetSeconds / 60} minutes: at ${secondsText(atSeconds)} one of its buckets begins, and no ${viewGrain}.`,
    { details: { timeZone, viewGrain, offsetSeconds, at: secondsText(atSeconds) } },
  )
}

/** The range asked, with the ends of `open` where it is open. */
function rangeWithin(
  { fromSeconds, toSeconds }: Partial<Record<keyof InstantRange, number | undefined>>,
  open: InstantRange,
): InstantRange {
  const from = fromSeconds ?? Math.min(open.fromSeconds, (toSeconds ?? open.toSeconds) - 1)
  return { fromSeconds: from, toSeconds: toSeconds ?? Math.max(open.toSeconds, from + 1) }
}
