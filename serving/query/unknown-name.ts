import { nearNames } from '../../core/define/near-names.ts'
import { type ErrorCode, TwofoldError } from '../../core/model/errors.ts'

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
    ...(nearest.length > 0 && { hint: `Did you mean ${nearest.join(' or ')}?` }),
  })
}
