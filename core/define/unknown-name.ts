import { type ErrorCode, TwofoldError } from '../model/errors.ts'
import { nearNames } from './near-names.ts'

/** What an error says of names that may have been meant: a hint in place of the registry's, where there are any. */
export function didYouMean(nearest: readonly string[]): { readonly hint?: string } {
  return nearest.length === 0 ? {} : { hint: `Did you mean ${nearest.join(' or ')}?` }
}

/** The error for a name that is not among `known`, with the names that may have been meant. */
export function unknownName(
  code: ErrorCode,
  kind: string,
  name: string,
  known: readonly string[],
  where = '',
): TwofoldError {
  const nearest = nearNames(name, known)
  return new TwofoldError(code, `There is no ${kind} ${JSON.stringify(name)}${where}.`, {
    details: { [kind]: name, nearest },
    ...didYouMean(nearest),
  })
}
