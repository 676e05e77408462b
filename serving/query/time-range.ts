import { unknownName } from '../../core/define/unknown-name.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { GRAINS, type Grain, grainSeconds, isBucketStart, isMadeOf } from '../../core/model/grain.ts'
import type { ViewQuery } from '../../core/model/query.ts'
import { type Instant, parseInstant, secondsText } from './instant.ts'
import type { QueryRequest } from './request.ts'
import { offsetsWithin, resolveTimeZone } from './time-zone.ts'

type TimePlan = Pick<ViewQuery, 'fromSeconds' | 'toSeconds' | 'grain' | 'timeZone'>

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
  const grain = request.grain === undefined ? undefined : checkGrain(request.grain, viewGrain)
  if (grain !== undefined) checkZone(timeZone, viewGrain, fromSeconds, toSeconds)
  return { fromSeconds, toSeconds, grain, timeZone }
}

function checkGrain(text: string, viewGrain: Grain): Grain {
  const grain = GRAINS.find(candidate => candidate === text)
  if (grain === undefined) throw unknownName('GRAIN_UNKNOWN', 'grain', text, GRAINS)
  if (isMadeOf(grain, viewGrain)) return grain
  throw new TwofoldError(
    'GRAIN_TOO_FINE',
    `The view is kept by ${viewGrain}: a ${grain} is not made of whole ${viewGrain}s.`,
    {
      details: { grain, viewGrain, possible: GRAINS.filter(candidate => isMadeOf(candidate, viewGrain)) },
    },
  )
}

function edge(text: string, place: string, timeZone: string, viewGrain: Grain): number {
  const instant = parseInstant(text, timeZone, place)
  if (instant.micros === 0 && isBucketStart(instant.seconds * 1000, viewGrain)) return instant.seconds
  const nearest = bucketsAround(instant, viewGrain).map(secondsText)
  throw new TwofoldError(
    'RANGE_OFF_GRAIN',
    `${place}: at ${text} no ${viewGrain} begins in UTC, and the view is kept by ${viewGrain}.`,
    { hint: `The nearest are ${nearest.join(' and ')}.`, details: { field: place, value: text, nearest } },
  )
}

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

const OPEN_FROM = Date.UTC(1970, 0) / 1000
const OPEN_TO = Date.UTC(2100, 0) / 1000

/** Local buckets are whole only where the zone's offsets are multiples of the view's grain. */
function checkZone(
  timeZone: string,
  viewGrain: Grain,
  fromSeconds: number | undefined,
  toSeconds: number | undefined,
): void {
  const from = fromSeconds ?? Math.min(OPEN_FROM, (toSeconds ?? OPEN_TO) - 1)
  const to = toSeconds ?? Math.max(OPEN_TO, from + 1)
  // No offset is a whole week, month, quarter or year.
  const step = grainSeconds(viewGrain) ?? Number.POSITIVE_INFINITY
  const off = [...offsetsWithin(timeZone, from, to)].find(offset => offset % step !== 0)
  if (off === undefined) return
  throw new TwofoldError(
    'TIME_ZONE_OFF_GRAIN',
    `The view is kept by ${viewGrain} in UTC, and ${timeZone} is off by ${off / 60} minutes: its buckets are not made of whole ${viewGrain}s.`,
    { details: { timeZone, viewGrain, offsetSeconds: off } },
  )
}
