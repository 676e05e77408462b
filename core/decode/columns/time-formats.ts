import type { TimeFormat, TimestampOfFormats } from '../../model/column-type.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE, OUT_OF_RANGE, WRONG_TYPE } from '../faults.ts'
import { MINUS, NINE, OPEN_BRACE, QUOTE, ZERO } from '../json-scanner.ts'
import { EpochNumberReader } from './epoch-number.ts'
import { Instant, type InstantReader } from './instant.ts'
import { IsoReader } from './iso.ts'
import { MongoDateReader } from './mongo-date.ts'
import { PatternReader } from './pattern.ts'
import { Rfc1123Reader } from './rfc1123.ts'
import { Rfc3339Reader } from './rfc3339.ts'
import { readQuoted, type TextReader } from './text.ts'
import { TimestampColumn } from './timestamp.ts'
import { WallClock } from './wall-clock.ts'

/**
 * Instants in any of several formats. The first format that reads the whole value, and comes to an instant in range,
 * takes it; so `['s', 'ms']` and `auto` tell the unit of a number by its size.
 */
export class TimeFormatsColumn extends TimestampColumn implements TextReader {
  readonly #ofText: readonly InstantReader[]
  readonly #ofNumber: readonly InstantReader[]
  readonly #ofObject: MongoDateReader | undefined
  readonly #instant = new Instant()
  readonly #firstMs: number
  readonly #lastMs: number

  constructor({ formats, zone, notBeforeMs, notAfterMs }: TimestampOfFormats) {
    super()
    const clock = zone === undefined ? undefined : WallClock.of(zone)
    const each = eachFormat(formats)
    this.#ofText = each.flatMap(format => textReader(format, clock) ?? [])
    this.#ofNumber = each.flatMap(format => epochReader(format) ?? [])
    this.#ofObject = each.includes('mongo') ? new MongoDateReader() : undefined
    this.#firstMs = notBeforeMs ?? Number.NEGATIVE_INFINITY
    this.#lastMs = notAfterMs ?? Number.POSITIVE_INFINITY
  }

  read(text: EventText, at: number, row: number): number {
    const { bytes } = text
    const first = bytes[at]!
    if (first === QUOTE) return readQuoted(this, text, at, row)
    if ((first >= ZERO && first <= NINE) || first === MINUS) return this.#readNumber(text, at, row)
    if (first !== OPEN_BRACE || this.#ofObject === undefined) return WRONG_TYPE
    return this.#take(this.#ofObject.read(text, at, this.#instant), row)
  }

  readText(text: EventText, at: number, row: number): number {
    let fault = this.#ofText.length === 0 ? WRONG_TYPE : INVALID_VALUE
    for (const reader of this.#ofText) {
      const end = reader.read(text, at, this.#instant)
      const next = end < 0 || text.bytes[end] === QUOTE ? this.#take(end, row) : INVALID_VALUE
      if (next >= 0) return next
      if (next === OUT_OF_RANGE) fault = next
    }
    return fault
  }

  #readNumber(text: EventText, at: number, row: number): number {
    let fault = WRONG_TYPE
    for (const reader of this.#ofNumber) {
      const next = this.#take(reader.read(text, at, this.#instant), row)
      if (next >= 0) return next
      if (fault !== OUT_OF_RANGE) fault = next
    }
    return fault
  }

  /** Writes what was read up to `next`. Answers with `next`, or with a fault. */
  #take(next: number, row: number): number {
    if (next < 0) return next
    const { seconds, micros } = this.#instant
    const ms = seconds * 1000 + micros / 1000
    return ms < this.#firstMs || ms > this.#lastMs ? OUT_OF_RANGE : this.write(row, seconds, micros, next)
  }
}

/** What `auto` tries: first what has a form of its own, then numbers from the largest unit to the smallest. */
const AUTO: readonly TimeFormat[] = ['iso', 'rfc1123', 'mongo', 's', 'ms', 'us', 'ns']

/** The formats that are tried, in their order. */
export function eachFormat(formats: readonly TimeFormat[]): TimeFormat[] {
  return formats.flatMap(format => (format === 'auto' ? AUTO : [format]))
}

function textReader(format: TimeFormat, zone: WallClock | undefined): InstantReader | undefined {
  if (format === 'iso') return new IsoReader(zone)
  if (format === 'rfc1123') return new Rfc1123Reader()
  if (format === 'rfc3339') return new Rfc3339Reader()
  return format.includes('%') ? new PatternReader(format, zone) : epochReader(format)
}

function epochReader(format: TimeFormat): InstantReader | undefined {
  switch (format) {
    case 's':
      return new EpochNumberReader(0)
    case 'ms':
      return new EpochNumberReader(3)
    case 'us':
      return new EpochNumberReader(6)
    case 'ns':
      return new EpochNumberReader(9)
    default:
      return undefined
  }
}
