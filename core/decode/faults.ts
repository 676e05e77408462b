import type { QuarantineReason } from '../model/verdict.ts'

/**
 * The functions that read an event answer with the position behind what they read, or with one of these
 * negative numbers: no exception and no object is made on the way through a good event.
 */
export const INVALID_JSON = -1
export const DUPLICATE_KEY = -2
export const MISSING_FIELD = -3
export const WRONG_TYPE = -4
export const OUT_OF_RANGE = -5
export const NOT_FINITE = -6
export const INVALID_VALUE = -7

const REASONS: readonly QuarantineReason[] = [
  'invalid_json',
  'duplicate_key',
  'missing_field',
  'wrong_type',
  'out_of_range',
  'not_finite',
  'invalid_value',
]

/** The reason that a negative answer stands for. */
export function reasonOf(fault: number): QuarantineReason {
  return REASONS[-1 - fault]!
}
