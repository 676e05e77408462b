import { TwofoldError } from '../model/errors.ts'

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
