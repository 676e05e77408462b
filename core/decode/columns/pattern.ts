import { DAY_SECONDS, dayOf, isLeap, NO_DAY, weekdayOf } from '../calendar.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE, OUT_OF_RANGE } from '../faults.ts'
import { atZone } from './clock-text.ts'
import type { Instant, InstantReader } from './instant.ts'
import { type PatternFields, type PatternStep, patternSteps } from './pattern-steps.ts'
import type { WallClock } from './wall-clock.ts'

/** Texts in the form of a strptime pattern. docs/decoder.md lists the directives. */
export class PatternReader implements InstantReader {
  readonly #steps: readonly PatternStep[]
  readonly #zone: WallClock | undefined
  readonly #fields = emptyFields()

  /** @param pattern one that `patternFault` finds nothing wrong with */
  constructor(pattern: string, zone: WallClock | undefined) {
    this.#steps = patternSteps(pattern)
    this.#zone = zone
  }

  read({ bytes }: EventText, at: number, into: Instant): number {
    const fields = this.#fields
    let i = at
    for (const step of this.#steps) {
      i = step(bytes, i, fields)
      if (i < 0) return INVALID_VALUE
    }
    return this.#instant(fields, into, i)
  }

  #instant(fields: PatternFields, into: Instant, next: number): number {
    into.micros = fields.micros
    if (fields.epoch !== undefined) {
      into.seconds = fields.epoch
      return next
    }
    const days = daysOf(fields)
    if (days === NO_DAY) return INVALID_VALUE
    if (fields.weekday >= 0 && fields.weekday !== weekdayOf(days)) return INVALID_VALUE
    if (fields.second === 60) return OUT_OF_RANGE
    const hour = fields.half < 0 ? fields.hour : (fields.hour % 12) + 12 * fields.half
    const local = days * DAY_SECONDS + hour * 3600 + fields.minute * 60 + fields.second
    if (fields.offset === undefined) {
      return this.#zone === undefined ? INVALID_VALUE : atZone(into, local, fields.micros, this.#zone, next)
    }
    into.seconds = local - fields.offset
    return next
  }
}

function daysOf({ year, month, day, dayOfYear }: PatternFields): number {
  if (dayOfYear === 0) return dayOf(year, month, day)
  return dayOfYear === 366 && !isLeap(year) ? NO_DAY : dayOf(year, 1, 1) + dayOfYear - 1
}

/** Every read of a pattern fills the same fields; those that it does not have stay as they are here. */
function emptyFields(): PatternFields {
  return {
    year: 0,
    month: 0,
    day: 0,
    dayOfYear: 0,
    weekday: -1,
    hour: 0,
    half: -1,
    minute: 0,
    second: 0,
    micros: 0,
    offset: undefined,
    epoch: undefined,
  }
}
