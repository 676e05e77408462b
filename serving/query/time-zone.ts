import { TwofoldError } from '../../core/model/errors.ts'

/**
 * The canonical name of a time zone, as ClickHouse knows it too.
 * @throws TIME_ZONE_UNKNOWN for what is not an IANA name
 */
export function resolveTimeZone(name: string): string {
  try {
    // Newer engines also take offsets such as +02:00, which ClickHouse does not.
    if (/^[A-Za-z]/.test(name))
      return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    // Falls through to the error that says so.
  }
  throw new TwofoldError('TIME_ZONE_UNKNOWN', `There is no time zone ${JSON.stringify(name)}.`, {
    details: { timeZone: name },
  })
}

/**
 * How far local time is ahead of UTC at an instant (seconds since 1970), in seconds. Before 1900, where there are no
 * events, it is what it was in 1900.
 */
export function offsetSeconds(timeZone: string, atSeconds: number): number {
  if (timeZone === 'UTC') return 0
  const seconds = Math.max(atSeconds, SAMPLES_FROM)
  const parts: Record<string, number> = {}
  for (const { type, value } of formatterOf(timeZone).formatToParts(seconds * 1000))
    parts[type] = Number(value)
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(year!, month! - 1, day, hour, minute, second) / 1000 - seconds
}

/**
 * The instant of a local time (seconds since 1970 as if it were UTC). Of two, the earlier; one that a change of
 * clocks leaves out is moved on by the length of the change.
 */
export function instantOfLocal(localSeconds: number, timeZone: string): number {
  const [before, after] = [localSeconds - DAY, localSeconds + DAY].map(at => offsetSeconds(timeZone, at))
  const fitting = [before!, after!].find(offset => offsetSeconds(timeZone, localSeconds - offset) === offset)
  return localSeconds - (fitting ?? before!)
}

/** All offsets of a time zone within `[fromSeconds, toSeconds)` that last a fortnight or more. */
export function offsetsWithin(timeZone: string, fromSeconds: number, toSeconds: number): Set<number> {
  const offsets = new Set([fromSeconds, toSeconds - 1].map(at => offsetSeconds(timeZone, at)))
  for (const { firstSeconds, lastSeconds, offset } of spansOf(timeZone)) {
    if (lastSeconds >= fromSeconds && firstSeconds < toSeconds) offsets.add(offset)
  }
  return offsets
}

const DAY = 86_400
const FORTNIGHT = 14 * DAY
const SAMPLES_FROM = Date.UTC(1900, 0) / 1000
const SAMPLES_TO = Date.UTC(2300, 0) / 1000

/** A time over which samples found the same offset: the first and the last of them. */
interface Span {
  readonly firstSeconds: number
  readonly lastSeconds: number
  readonly offset: number
}

const formatters = new Map<string, Intl.DateTimeFormat>()
const spans = new Map<string, readonly Span[]>()

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
    formatters.set(timeZone, formatter)
  }
  return formatter
}

/** Some 10,000 samples take tens of milliseconds, once for a zone. */
function spansOf(timeZone: string): readonly Span[] {
  const known = spans.get(timeZone)
  if (known !== undefined) return known
  const found: Span[] = []
  for (let at = SAMPLES_FROM; at < SAMPLES_TO; at += FORTNIGHT) {
    const offset = offsetSeconds(timeZone, at)
    const last = found.at(-1)
    if (last?.offset === offset) found[found.length - 1] = { ...last, lastSeconds: at }
    else found.push({ firstSeconds: at, lastSeconds: at, offset })
  }
  spans.set(timeZone, found)
  return found
}
