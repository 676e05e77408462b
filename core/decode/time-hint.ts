import {
  type ColumnType,
  type EpochUnit,
  TIMESTAMP_END_US,
  TIMESTAMP_MIN_US,
  type TimeFormat,
} from '../model/column-type.ts'

type TimestampType = Extract<ColumnType, { kind: 'timestamp' }>

const UNIT_NAMES: Readonly<Record<EpochUnit, string>> = {
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
}

const UNITS_PER_SECOND: Readonly<Record<EpochUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 }

const UNITS = Object.keys(UNIT_NAMES) as EpochUnit[]

/** When the events that people have took place, in seconds since 1970: from 1990 to 2100. */
const LIKELY_FROM = 631_152_000
const LIKELY_END = 4_102_444_800

/** What a timestamp's value must be, for people to read. */
export function describeTimestamp(type: TimestampType): string {
  if (!('formats' in type)) {
    return type.format === 'rfc3339'
      ? 'an RFC 3339 time from 1900 to 2299'
      : `a number of ${type.format} since 1970, exact to the microsecond, from 1900 to 2299`
  }
  const { formats, zone, notBeforeMs, notAfterMs } = type
  const from = notBeforeMs === undefined ? '1900' : isoText(notBeforeMs / 1000)
  const to = notAfterMs === undefined ? '2299' : isoText(notAfterMs / 1000)
  const written = formats.map(describeFormat).join(', or ')
  const needsZone = zone === undefined && (formats.includes('iso') || formats.includes('auto'))
  return `an instant from ${from} to ${to}, as ${written}${needsZone ? ' with a zone (the column sets none)' : ''}`
}

function describeFormat(format: TimeFormat): string {
  if (format === 'auto') return 'any form that `auto` knows'
  if (format === 'mongo') return '{"$date": …}'
  return format in UNIT_NAMES ? `${UNIT_NAMES[format as EpochUnit]} since 1970` : format
}

/** What a value at fault is likelier to be: a number of another unit since 1970. Empty where nothing is likelier. */
export function timeHint(type: ColumnType, value: Uint8Array): string {
  if (type.kind !== 'timestamp') return ''
  const text = /^"?(-?[0-9]{1,30}(?:\.[0-9]+)?)"?$/.exec(Buffer.from(value).toString('latin1'))?.[1]
  if (text === undefined) return ''
  const declared = 'formats' in type ? type.formats : [type.format]
  const number = Number(text)
  const unit = UNITS.find(candidate => !declared.includes(candidate) && isLikely(number, candidate))
  if (unit === undefined) return ''
  return `, which is ${isoText(number / UNITS_PER_SECOND[unit])} in ${UNIT_NAMES[unit]}`
}

function isLikely(number: number, unit: EpochUnit): boolean {
  const seconds = number / UNITS_PER_SECOND[unit]
  return seconds >= LIKELY_FROM && seconds < LIKELY_END
}

function isoText(seconds: number): string {
  const isInRange = seconds >= TIMESTAMP_MIN_US / 1e6 && seconds < TIMESTAMP_END_US / 1e6
  return isInRange ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : `${seconds} s`
}
