import type { TimeFormat, TimestampOfFormats } from '../../model/column-type.ts'
import { patternFault, statesZone } from './pattern-steps.ts'

/** The formats that have a name; any other is a pattern. */
export const NAMED_FORMATS: readonly TimeFormat[] = [
  'rfc3339',
  'iso',
  'rfc1123',
  'mongo',
  'auto',
  's',
  'ms',
  'us',
  'ns',
]

/** Why a timestamp cannot be read as declared, or `undefined` where it can. */
export function timeFormatsFault(type: TimestampOfFormats): string | undefined {
  const { formats, zone, notBeforeMs, notAfterMs } = type
  if (formats.length === 0) return 'the list of formats is empty'
  for (const format of formats) {
    const fault = formatFault(format, zone)
    if (fault !== undefined) return fault
  }
  if (zone !== undefined) {
    if (!isZone(zone)) return `${JSON.stringify(zone)} is no IANA time zone, such as Europe/Berlin or UTC`
  }
  if (notBeforeMs !== undefined && notAfterMs !== undefined && notBeforeMs > notAfterMs)
    return 'notBefore lies behind notAfter'
  return undefined
}

function formatFault(format: TimeFormat, zone: string | undefined): string | undefined {
  const shown = JSON.stringify(format)
  if (typeof format !== 'string' || (!format.includes('%') && !NAMED_FORMATS.includes(format)))
    return `the format ${shown} is unknown; expected a pattern such as '%d/%m/%Y %H:%M', or one of ${NAMED_FORMATS.join(', ')}`
  if (!format.includes('%')) return undefined
  const fault = patternFault(format)
  if (fault !== undefined) return `the pattern ${shown} cannot be read: ${fault}`
  return statesZone(format) || zone !== undefined
    ? undefined
    : `the pattern ${shown} states no zone (%z or %Z): set \`zone\`, for example zone: 'UTC'`
}

/** Whether a text of the format may state no zone. */
export function mayNeedZone(format: TimeFormat): boolean {
  return format === 'iso' || format === 'auto' || (format.includes('%') && !statesZone(format))
}

function isZone(name: unknown): boolean {
  if (typeof name !== 'string' || !/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
