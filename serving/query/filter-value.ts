import { TIMESTAMP_END_US, TIMESTAMP_MIN_US } from '../../core/model/column-type.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { PhysicalType } from '../../core/sql/physical-type.ts'
import { parseInstant } from './instant.ts'

export type FilterValue = string | number | boolean

/** Makes the error that says why a filter cannot be. */
export type Refuse = (reason: string, hint?: string) => TwofoldError

type ReadValue = (value: FilterValue, type: PhysicalType, timeZone: string, refuse: Refuse) => string

/**
 * The text by which ClickHouse reads `value` exactly as one of the dimension's type.
 * @throws what `refuse` makes, for a value that the dimension cannot have
 */
export function filterValue(
  value: FilterValue,
  type: PhysicalType,
  timeZone: string,
  refuse: Refuse,
): string {
  return READ[type.family](value, type, timeZone, refuse)
}

const READ: { readonly [F in PhysicalType['family']]: ReadValue } = {
  text: (value, _type, _zone, refuse) => {
    if (typeof value !== 'string')
      throw refuse(`${value} is a ${typeof value}`, `Write it as a string: "${value}".`)
    // Sent in UTF-8 it would become U+FFFD, which is another text.
    if (LONE_SURROGATE.test(value)) throw refuse(`${shown(value)} is not well-formed Unicode`)
    return value
  },
  bool: (value, _type, _zone, refuse) => {
    if (/^(true|false)$/.test(String(value))) return String(value)
    throw refuse(`${shown(value)} is neither true nor false`)
  },
  integer: (value, type, _zone, refuse) => {
    const text = numberText(value, /^-?\d{1,20}$/, 'a whole number', refuse)
    const [least, most] = INTEGER_RANGE[type.clickhouse]!
    if (BigInt(text) < least || BigInt(text) > most) throw refuse(`${text} is not within ${least} to ${most}`)
    return BigInt(text).toString()
  },
  decimal: (value, type, _zone, refuse) => {
    const text = numberText(value, /^-?\d+(\.\d+)?$/, 'a decimal number', refuse)
    const [whole, fraction = ''] = text.replace('-', '').split('.') as [string, string?]
    const precision = Number(/^Decimal\((\d+)/.exec(type.clickhouse)![1])
    if (fraction.replace(/0+$/, '').length > type.scale)
      throw refuse(`${text} has more than ${type.scale} digits behind the point`)
    if (whole.replace(/^0+/, '').length > precision - type.scale)
      throw refuse(`${text} has more than ${precision - type.scale} digits before the point`)
    return text
  },
  double: (value, _type, _zone, refuse) =>
    numberText(value, /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/, 'a number', refuse, false),
  date: (value, _type, _zone, refuse) => {
    const text = String(value)
    const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined
    if (day === undefined || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text)
      throw refuse(`${shown(value)} is not a date`, 'Write YYYY-MM-DD.')
    if (!within(day.getTime() * 1000)) throw refuse(`${text} is not within 1900 to 2299`)
    return text
  },
  timestamp: (value, _type, timeZone, refuse) => {
    const { seconds, micros } = instantOrRefusal(value, timeZone, refuse)
    if (!within(seconds * 1e6)) throw refuse(`${value} is not within 1900 to 2299`)
    const day = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
    return `${day}.${String(micros).padStart(6, '0')}`
  },
}

const INTEGER_RANGE: Readonly<Record<string, readonly [bigint, bigint]>> = {
  Int64: [-(2n ** 63n), 2n ** 63n - 1n],
  UInt64: [0n, 2n ** 64n - 1n],
}

const LONE_SURROGATE = /\p{Surrogate}/u

/** JSON numbers are doubles by the time they get here: only those that cannot have lost a digit are exact. */
const EXACT_DIGITS = 15

function numberText(value: FilterValue, form: RegExp, kind: string, refuse: Refuse, exact = true): string {
  if (typeof value === 'boolean') throw refuse(`${value} is not ${kind}`)
  if (typeof value === 'number' && exact && isInexact(value)) {
    throw refuse(
      `the number ${value} may have lost digits as JSON`,
      'Write large integers and long decimals as strings.',
    )
  }
  const text = String(value)
  if (!form.test(text) || !Number.isFinite(Number(text))) throw refuse(`${shown(value)} is not ${kind}`)
  return text
}

function isInexact(value: number): boolean {
  if (Number.isInteger(value)) return !Number.isSafeInteger(value)
  return String(value).replace(/[^\d]/g, '').replace(/^0+/, '').length > EXACT_DIGITS
}

function instantOrRefusal(value: FilterValue, timeZone: string, refuse: Refuse) {
  try {
    return parseInstant(String(value), timeZone, 'value')
  } catch (error) {
    if (error instanceof TwofoldError) throw refuse(`${shown(value)} is not a time`, error.hint)
    throw error
  }
}

function within(micros: number): boolean {
  return micros >= TIMESTAMP_MIN_US && micros < TIMESTAMP_END_US
}

function shown(value: FilterValue): string {
  return JSON.stringify(value)
}
