import type { ColumnBuilder } from '../../core/define/types.ts'
import { t } from '../../core/index.ts'
import type { TypeProposal } from './type-proposal.ts'

/** Days with the month first or the day first, which only some values tell apart. */
const TURNED_DAYS = [
  ['%m/%d/%Y', '%d/%m/%Y'],
  ['%m-%d-%Y', '%d-%m-%Y'],
] as const
const DAYS = [
  '%Y/%m/%d',
  '%d.%m.%Y',
  '%b %d %Y',
  '%b %d, %Y',
  '%d %b %Y',
  '%d-%b-%Y',
  '%B %d, %Y',
  '%d %B %Y',
] as const
const TIMES = ['', ' %H:%M:%S', ' %H:%M', ' %I:%M:%S %p', ' %I:%M %p'] as const

/** Formats of texts that a timestamp may have beside RFC 3339, the strictest first; those that are alike side by side. */
const TEXT_FORMATS: readonly (readonly object[])[] = [
  [{ format: 'iso' }],
  [{ format: 'iso', zone: 'UTC' }],
  [{ format: 'rfc1123' }],
  ...DAYS.flatMap(day => TIMES.map(time => [{ format: `${day}${time}`, zone: 'UTC' }])),
  ...TURNED_DAYS.flatMap(days =>
    TIMES.map(time => days.map(day => ({ format: `${day}${time}`, zone: 'UTC' }))),
  ),
]

/** The unit that a count since 1970 is of, by its digits: from 2001 to 2286. */
const UNIT_BY_DIGITS: Readonly<Record<number, string>> = { 10: 's', 13: 'ms', 16: 'us', 19: 'ns' }

/**
 * The first format in which all of a column's texts can be read. Where the month may stand first or second, there is
 * none: only the user can tell.
 *
 * @param texts different values of the column
 * @param accepts whether the decoder takes them all
 */
export function textTimeType(
  texts: readonly string[],
  accepts: (column: ColumnBuilder) => boolean,
): TypeProposal | undefined {
  const rfc3339 = { source: 't.timestamp()', column: t.timestamp() }
  if (accepts(rfc3339.column)) return rfc3339
  const digits = new Set(texts.map(text => (/^\d+$/.test(text) ? text.length : 0)))
  const unit = digits.size === 1 ? UNIT_BY_DIGITS[[...digits][0]!] : undefined
  const candidates = unit === undefined ? TEXT_FORMATS : [[{ format: unit }]]
  for (const alike of candidates) {
    const found = alike.flatMap(options => declared(options) ?? []).filter(({ column }) => accepts(column))
    if (found.length > 0) return found.length === 1 ? found[0] : undefined
  }
  return undefined
}

/** A timestamp of a format, or `undefined` where `t.timestamp` does not know it. */
function declared(options: object): TypeProposal | undefined {
  const members = Object.entries(options).map(([name, value]) => `${name}: '${value}'`)
  try {
    return { source: `t.timestamp({ ${members.join(', ')} })`, column: t.timestamp(options as never) }
  } catch {
    return undefined
  }
}
