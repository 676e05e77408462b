import { Instant } from '../decode/columns/instant.ts'
import { IsoReader } from '../decode/columns/iso.ts'
import { mayNeedZone, timeFormatsFault } from '../decode/columns/time-formats-fault.ts'
import { WallClock } from '../decode/columns/wall-clock.ts'
import { textOf } from '../decode/event-text.ts'
import { utf8Bytes } from '../decode/utf8.ts'
import type { ColumnType, TimeFormat, TimestampFormat } from '../model/column-type.ts'
import { assertFields, invalid, shownKind } from './names.ts'

/** What `t.timestamp()` takes beside the name of a format. */
export interface TimestampOptions {
  /**
   * How the instant is written: a name, a strptime pattern such as `'%d/%m/%Y %H:%M'`, or a list of them, tried in order.
   * `'rfc3339'` by default.
   */
  readonly format?: TimeFormat | readonly TimeFormat[]
  /** The IANA zone of texts that state none, for example `'Europe/Berlin'`. Without it such texts are refused. */
  readonly zone?: string
  /** The first instant in range: `'2020-01-01'` (UTC), a time with a zone, or a Date. Earlier ones are quarantined. */
  readonly notBefore?: string | Date
  /** The last instant in range. Later ones are quarantined. */
  readonly notAfter?: string | Date
}

const FIELDS: Readonly<Record<keyof TimestampOptions, true>> = {
  format: true,
  zone: true,
  notBefore: true,
  notAfter: true,
}

const FORMATS: readonly TimestampFormat[] = ['rfc3339', 's', 'ms', 'us']

/** The type that `t.timestamp(…)` declares. */
export function timestampType(declared: TimestampFormat | TimestampOptions): ColumnType {
  if (typeof declared === 'object') return typeOfOptions(declared)
  if (!FORMATS.includes(declared)) {
    const place = `t.timestamp(${JSON.stringify(declared)})`
    const more = `other formats are declared as t.timestamp({ format: ${JSON.stringify(declared)} })`
    invalid(place, `expected one of ${FORMATS.join(', ')}; ${more}.`)
  }
  return { kind: 'timestamp', format: declared }
}

function typeOfOptions(options: TimestampOptions): ColumnType {
  const place = 't.timestamp()'
  assertFields(options, FIELDS, place)
  const { format = 'rfc3339', zone, notBefore, notAfter } = options
  const formats = (Array.isArray(format) ? format : [format]) as readonly TimeFormat[]
  const type = {
    kind: 'timestamp',
    formats,
    ...(zone !== undefined && { zone }),
    ...(notBefore !== undefined && { notBeforeMs: boundMs(notBefore, `${place}.notBefore`) }),
    ...(notAfter !== undefined && { notAfterMs: boundMs(notAfter, `${place}.notAfter`) }),
  } as const
  const fault = timeFormatsFault(type)
  if (fault !== undefined) invalid(place, `${fault}.`)
  // A zone that nothing is read with is no part of what the column is.
  const { zone: _, ...zoneless } = type
  return formats.some(mayNeedZone) ? type : zoneless
}

function boundMs(bound: string | Date, place: string): number {
  const text = bound instanceof Date && !Number.isNaN(bound.getTime()) ? bound.toISOString() : bound
  const instant = new Instant()
  const quoted = textOf(utf8Bytes(`${text}"`))
  const next = typeof text === 'string' ? new IsoReader(WallClock.of('UTC')).read(quoted, 0, instant) : -1
  if (next !== quoted.end - 1)
    invalid(
      place,
      `expected a day like '2020-01-01', a time with a zone, or a Date; got ${shownKind(bound)}.`,
    )
  return instant.seconds * 1000 + instant.micros / 1000
}
