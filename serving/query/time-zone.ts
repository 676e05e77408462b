import { TwofoldError } from '../../core/model/errors.ts'
import { DAY_SECONDS } from '../../core/model/time-buckets.ts'

/**
 * The name of a time zone, spelt as the tz database does; a zone of two names keeps the one that was asked for. All that is known of a zone comes from the zone data of Node (ICU); ClickHouse is
 * never asked for a local time.
 * @throws TIME_ZONE_UNKNOWN for what is not an IANA name
 */
export function resolveTimeZone(name: string): string {
  try {
    // Newer engines also take offsets such as +02:00, which are no zones.
    if (/^[A-Za-z]/.test(name)) {
      const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions()
      return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name
    }
  } catch {
    // Falls through to the error that says so.
  }
  throw new TwofoldError('TIME_ZONE_UNKNOWN', `There is no time zone ${JSON.stringify(name)}.`, {
    details: { timeZone: name },
  })
}

/** The times for which clock changes are known: those of all events. Outside, a zone keeps its first or last offset. */
export const ZONES_FROM_SECONDS = Date.UTC(1900, 0) / 1000
export const ZONES_TO_SECONDS = Date.UTC(2300, 0) / 1000

/** A change of clocks: from this instant on, in seconds since 1970, the offset is this one. */
export interface ClockChange {
  readonly atSeconds: number
  readonly offsetSeconds: number
}

/** How far local time is ahead of UTC at an instant (seconds since 1970), in seconds. */
export function offsetSeconds(timeZone: string, atSeconds: number): number {
  if (timeZone === 'UTC') return 0
  const seconds = Math.min(Math.max(atSeconds, ZONES_FROM_SECONDS), ZONES_TO_SECONDS)
  const match = OFFSET.exec(formatterOf(timeZone).format(seconds * 1000))!
  const [, sign, hours = 0, minutes = 0, rest = 0] = match
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest)) || 0
}

/** The changes of clocks within `[fromSeconds, toSeconds)`, in order. */
export function clockChanges(timeZone: string, fromSeconds: number, toSeconds: number): ClockChange[] {
  if (timeZone === 'UTC') return []
  const from = Math.max(fromSeconds, ZONES_FROM_SECONDS)
  const to = Math.min(toSeconds, ZONES_TO_SECONDS)
  const changes: ClockChange[] = []
  for (let decade = Math.floor(from / DECADE); decade * DECADE < to; decade += 1)
    changes.push(...changesOf(timeZone, decade))
  return changes.filter(({ atSeconds }) => atSeconds >= from && atSeconds < to)
}

/**
 * The instant of a local time (seconds since 1970 as if it were UTC). Of two, the earlier; one that a change of clocks
 * leaves out is moved on by the length of the change, which may be a whole day.
 */
export function instantOfLocal(localSeconds: number, timeZone: string): number {
  const { offset } = spanOfLocal(localSeconds, timeZone)
  return localSeconds - offset
}

/** The first instant of the local day that begins at a local midnight; of a day that a zone left out, of the next. */
export function startOfLocalDay(midnightSeconds: number, timeZone: string): number {
  const { offset, skippedAt } = spanOfLocal(midnightSeconds, timeZone)
  return skippedAt ?? midnightSeconds - offset
}

/** The offset in force when the clock first showed a local time, or when it was changed past it, and that instant. */
function spanOfLocal(localSeconds: number, timeZone: string): { offset: number; skippedAt?: number } {
  const [from, to] = [localSeconds - 2 * DAY_SECONDS, localSeconds + 2 * DAY_SECONDS]
  let offset = offsetSeconds(timeZone, from)
  for (const change of clockChanges(timeZone, from + 1, to)) {
    if (localSeconds - offset < change.atSeconds) break
    if (localSeconds - change.offsetSeconds < change.atSeconds) return { offset, skippedAt: change.atSeconds }
    offset = change.offsetSeconds
  }
  return { offset }
}

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/

/** A tenth of 100 Gregorian years. */
const DECADE = 3652.425 * DAY_SECONDS

/** How often to look. Since 1900 no zone has kept an offset for less than 3.9 days, since 1946 none for less than 6.9. */
function stepAt(atSeconds: number): number {
  return (atSeconds < YEAR_1946 ? 3 : 6) * DAY_SECONDS
}

const YEAR_1946 = Date.UTC(1946, 0) / 1000

const formatters = new Map<string, Intl.DateTimeFormat>()
const decades = new Map<string, readonly ClockChange[]>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
    formatters.set(timeZone, formatter)
  }
  return formatter
}

/** Some 600 looks take about a millisecond, once for a zone and a decade. */
function changesOf(timeZone: string, decade: number): readonly ClockChange[] {
  const key = `${timeZone}/${decade}`
  const known = decades.get(key)
  if (known !== undefined) return known
  const found: ClockChange[] = []
  const end = Math.floor((decade + 1) * DECADE)
  let at = Math.floor(decade * DECADE) - 1
  let offset = offsetSeconds(timeZone, at)
  while (at < end - 1) {
    const next = Math.min(at + stepAt(at), end - 1)
    const then = offsetSeconds(timeZone, next)
    if (then !== offset) found.push({ atSeconds: changeBetween(timeZone, at, next), offsetSeconds: then })
    offset = then
    at = next
  }
  decades.set(key, found)
  return found
}

/** The first second after `before` at which the offset is that of `after`. */
function changeBetween(timeZone: string, before: number, after: number): number {
  const offset = offsetSeconds(timeZone, after)
  let [low, high] = [before, after]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (offsetSeconds(timeZone, middle) === offset) high = middle
    else low = middle
  }
  return high
}
