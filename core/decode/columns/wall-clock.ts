/** A span of instants in which the zone has one offset, in seconds; the end is not part of it. */
interface Period {
  readonly start: number
  readonly end: number
  readonly offset: number
}

const DAY = 86_400
/** Periods are looked up span by span: a little more than a year, in seconds. */
const SPAN = 2 ** 25
/** No zone is further from UTC than that. */
const MARGIN = 2 * DAY

const clocks = new Map<string, WallClock>()

/**
 * Reads local times of a zone as instants, by the zone data of Node.js.
 *
 * A time that the clock shows twice is the first of the two; one that it skips is read with the offset from before, as
 * RFC 5545 and Temporal's `compatible` have it.
 */
export class WallClock {
  readonly #format: Intl.DateTimeFormat
  readonly #spans = new Map<number, readonly Period[]>()
  /** Local times from `#from` up to `#end` have `#offset`: events that follow one another tend to lie close together. */
  #from = 0
  #end = 0
  #offset = 0

  private constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  /** The clock of a zone, by an IANA name that Node.js knows: one for all, as what it finds of the zone holds for all. */
  static of(zone: string): WallClock {
    const known = clocks.get(zone)
    if (known !== undefined) return known
    const clock = new WallClock(zone)
    clocks.set(zone, clock)
    return clock
  }

  /** The instant, in seconds since 1970, at which the zone's clock shows `local`, seconds as if it were UTC. */
  instantOf(local: number): number {
    return local >= this.#from && local < this.#end ? local - this.#offset : this.#find(local)
  }

  #find(local: number): number {
    let from = Number.NEGATIVE_INFINITY
    let before = 0
    for (const { start, end, offset } of this.#periodsAround(Math.floor(local / SPAN))) {
      if (local < end + offset) {
        // The clock skipped this time when the period began.
        if (local < start + offset && from !== Number.NEGATIVE_INFINITY) return local - before
        this.#from = Math.max(from, start + offset)
        this.#end = end + offset
        this.#offset = offset
        return local - offset
      }
      from = Math.max(from, end + offset)
      before = offset
    }
    throw new Error(`No offset of the zone covers the local time ${local}.`)
  }

  #periodsAround(span: number): readonly Period[] {
    const known = this.#spans.get(span)
    if (known !== undefined) return known
    const periods = this.#periodsBetween(span * SPAN - MARGIN, (span + 1) * SPAN + MARGIN)
    this.#spans.set(span, periods)
    return periods
  }

  /** Looks once a day for another offset, and then for the second at which it begins. */
  #periodsBetween(first: number, last: number): Period[] {
    const periods: Period[] = []
    let start = first
    let offset = this.#offsetAt(first)
    for (let day = first; day < last; day += DAY) {
      const next = Math.min(day + DAY, last)
      const after = this.#offsetAt(next)
      if (after === offset) continue
      const change = this.#changeBetween(day, next, offset)
      periods.push({ start, end: change, offset })
      start = change
      offset = after
    }
    periods.push({ start, end: last, offset })
    return periods
  }

  #changeBetween(before: number, after: number, offset: number): number {
    let low = before
    let high = after
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#offsetAt(middle) === offset) low = middle
      else high = middle
    }
    return high
  }

  #offsetAt(seconds: number): number {
    const parts = this.#format
      .format(seconds * 1000)
      .match(/\d+/g)!
      .map(Number)
    const [month, day, year, hour, minute, second] = parts as [number, number, number, number, number, number]
    return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - seconds
  }
}
