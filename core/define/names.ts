import { TwofoldError } from '../model/errors.ts'
import { nearNames } from './near-names.ts'
import { didYouMean } from './unknown-name.ts'

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,62}$/

/** Raises unless `name` can be a column, dimension, measure or view: it ends up in SQL, URLs and JSON. */
export function assertName(name: string, place: string): void {
  if (typeof name === 'string' && NAME.test(name) && !name.includes('__')) return
  throw new TwofoldError(
    'CONFIG_INVALID',
    `${place}: the name ${JSON.stringify(name)} is not allowed; expected a letter followed by up to 62 letters, digits or single underscores.`,
    { details: { place, name } },
  )
}

/** Raises CONFIG_INVALID, naming the place and what was expected. */
export function invalid(place: string, message: string): never {
  throw new TwofoldError('CONFIG_INVALID', `${place}: ${message}`, { details: { place } })
}

/**
 * Raises unless `value` is an object with none but the fields named: a field that is misspelt would do nothing, and
 * nobody would know. TypeScript finds it too, but a configuration also runs unchecked.
 */
export function assertFields(value: unknown, fields: Readonly<Record<string, true>>, place: string): void {
  assertObject(value, place)
  const unknown = Object.keys(value).find(name => !Object.hasOwn(fields, name))
  if (unknown === undefined) return
  const nearest = nearNames(unknown, Object.keys(fields))
  throw new TwofoldError(
    'CONFIG_INVALID',
    `${place}: there is no ${JSON.stringify(unknown)}; expected ${Object.keys(fields).join(', ')}.`,
    { details: { place, field: unknown, nearest }, ...didYouMean(nearest) },
  )
}

/** Raises unless `value` is an object, and no list. */
export function assertObject(
  value: unknown,
  place: string,
): asserts value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    invalid(place, `expected an object, got ${shownKind(value)}.`)
}

/** Raises where two names differ at most in case: DuckDB takes them for one. */
export function assertDistinct(names: readonly string[], place: string): void {
  const lower = names.map(name => name.toLowerCase())
  const second = lower.findIndex((name, index) => lower.indexOf(name) !== index)
  if (second < 0) return
  const first = names[lower.indexOf(lower[second]!)]
  invalid(place, `${JSON.stringify(first)} and ${JSON.stringify(names[second])} are one name to DuckDB.`)
}

/** What a value is, in a word or two. */
export function shownKind(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'number') return String(value)
  if (typeof value === 'string') return JSON.stringify(value)
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}
