/** Why a record is not an event of its stream. Codes are stored and shown: add, never rename. */
export const QUARANTINE_REASONS = {
  tombstone: 'the record has no value',
  schema_registry: 'the value is framed for a schema registry',
  too_large: 'the event is larger than the stream allows',
  invalid_utf8: 'the event is not valid UTF-8',
  invalid_json: 'the event is not one valid JSON object',
  too_deep: 'the event is nested deeper than 64 levels',
  duplicate_key: 'a key of the schema stands in the event twice',
  missing_field: 'a required field is missing or null',
  wrong_type: 'a field has the wrong type',
  out_of_range: 'a value does not fit its type',
  not_finite: 'a number is not finite',
  invalid_value: 'a value is not in the form its type asks for',
  expression_failed: 'an expression of the view fails on the event',
} as const

export type QuarantineReason = keyof typeof QUARANTINE_REASONS

/** A record set aside, with the reason and, where there is one, the field. */
export interface Rejection {
  readonly reason: QuarantineReason
  readonly field: string | undefined
  /** A sentence for people: what was found and what was expected. Never longer than 300 characters. */
  readonly detail: string
}
