import type { ErrorCode } from '../../../core/model/errors.ts'
import { LawBroken } from '../../laws/check.ts'

/** By whatever happens from outside, no layer comes to say one of these. */
const DAMAGES: readonly ErrorCode[] = [
  'RUN_MISMATCH',
  'POINTER_DAMAGED',
  'SEGMENT_DAMAGED',
  'SEGMENT_FOREIGN',
  'SEGMENT_UNREADABLE',
  'SEGMENT_UNLINKED',
  'SEGMENT_OVERLAP',
  'ARCHIVE_GAP',
  'RETENTION_PASSED',
  'CHAIN_BROKEN',
  'INSERT_VANISHED',
  'DEFINITION_MISSING',
  'INTERNAL',
]

/** @throws LawBroken where what somebody wrote speaks of damage of another kind than what was done to it */
export function assertNoDamage(who: string, text: string, done: readonly ErrorCode[] = []): void {
  const unexpected = DAMAGES.filter(code => !done.includes(code))
  const pattern = new RegExp(`\\b(${unexpected.join('|')})\\b`)
  const line = text.split('\n').find(candidate => pattern.test(candidate))
  if (line !== undefined) throw new LawBroken(`${who} said: ${line}`)
}
