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
 * Instants in any of several formats. The first format that reads the whole value, and comes to an instant from 1900 to
 * 2299, takes it; so `['s', 'ms']` tells the unit of a number by its size. The column's bounds hold for the instant that
 * is found: they never make another format take the value.
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
    this.#ofText = formats.flatMap(format => textReaders(format, clock))
    this.#ofNumber = formats.flatMap(format => epochReader(format) ?? [])
    this.#ofObject = eachFormat(formats).includes('mongo') ? new MongoDateReader() : undefined
    this.#firstMs = notBeforeMs ?? Number.NEGATIVE_INFINITY
    this.#lastMs = notAfterMs ?? Number.POSITIVE_INFINITY
  }

  read(text: EventText, at: number, row: number): number {
    const { bytes } = text
    const first = bytes[at]!
    if (first === QUOTE) return readQuoted(this, text, at, row)
    if ((first >= ZERO && first <= NINE) || first === MINUS) return this.#readNumber(text, at, row)
    if (first !== OPEN_BRACE || this.#ofObject === undefined) return WRONG_TYPE
    return this.#bounded(this.#take(this.#ofObject.read(text, at, this.#instant), row))
  }

  readText(text: EventText, at: number, row: number): number {
    let fault = this.#ofText.length === 0 ? WRONG_TYPE : INVALID_VALUE
    for (const reader of this.#ofText) {
      const end = reader.read(text, at, this.#instant)
      const next = end < 0 || text.bytes[end] === QUOTE ? this.#take(end, row) : INVALID_VALUE
      if (next >= 0) return this.#bounded(next)
      if (next === OUT_OF_RANGE) fault = next
    }
    return fault
  }

  #readNumber(text: EventText, at: number, row: number): number {
    let fault = WRONG_TYPE
    for (const reader of this.#ofNumber) {
      const next = this.#take(reader.read(text, at, this.#instant), row)
      if (next >= 0) return this.#bounded(next)
      if (fault !== OUT_OF_RANGE) fault = next
    }
    return fault
  }

  /** Writes what was read up to `next`. Answers with `next`, or with a fault. */
  #take(next: number, row: number): number {
    return next < 0 ? next : this.write(row, this.#instant.seconds, this.#instant.micros, next)
  }

  /** Answers with `next`, or with a fault where the instant that was written lies outside of the column's bounds. */
  #bounded(next: number): number {
    const ms = this.#instant.seconds * 1000 + this.#instant.micros / 1000
    return next >= 0 && (ms < this.#firstMs || ms > this.#lastMs) ? OUT_OF_RANGE : next
  }
}

/** What `auto` reads: first what has a form of its own, then numbers, whose unit their digits tell. */
const AUTO: readonly TimeFormat[] = ['iso', 'rfc1123', 'mongo', 's', 'ms', 'us', 'ns']

/** The formats that a value may turn out to have, in the order in which they are tried. */
export function eachFormat(formats: readonly TimeFormat[]): TimeFormat[] {
  return formats.flatMap(format => (format === 'auto' ? AUTO : [format]))
}

function textReaders(format: TimeFormat, zone: WallClock | undefined): InstantReader[] {
  switch (format) {
    case 'iso':
      return [new IsoReader(zone)]
    case 'rfc1123':
      return [new Rfc1123Reader()]
    case 'rfc3339':
      return [new Rfc3339Reader()]
    case 'auto':
      return [new IsoReader(zone), new Rfc1123Reader(), new EpochNumberReader()]
    default:
      return [format.includes('%') ? new PatternReader(format, zone) : (epochReader(format) ?? [])].flat()
  }
}

function epochReader(format: TimeFormat): InstantReader | undefined {
  switch (format) {
    case 'auto':
      return new EpochNumberReader()
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
