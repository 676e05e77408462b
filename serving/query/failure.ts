import { TwofoldError } from '../../core/model/errors.ts'
import { BUCKET_CUT } from '../../core/sql/bucket.ts'
import { FILLED_TOO_MANY, MAX_FILLED_ROWS } from '../../core/sql/fill.ts'
import { SUM_OVERFLOW } from '../../core/sql/measure-sum.ts'
import { COLLECTED } from '../../core/sql/merge.ts'

/** ClickHouse's words for what it does not have (yet). */
const MISSING = new Set(['UNKNOWN_TABLE', 'UNKNOWN_DATABASE'])

/** What ClickHouse's refusal of a question to `view` means, where Twofold knows; any other error stays as it is. */
export function meaningOf(error: unknown, view: string): unknown {
  if (!(error instanceof TwofoldError) || error.code !== 'CLICKHOUSE_QUERY_FAILED') return error
  if (MISSING.has(String(error.details['type']))) {
    return new TwofoldError('NOT_READY', `View ${view} cannot be asked: its tables do not exist yet.`, {
      details: { view },
      cause: error,
    })
  }
  const thrown = THROWN.exec(error.message)
  if (thrown?.[1] === COLLECTED) {
    return new TwofoldError(
      'GENERATION_COLLECTED',
      `View ${view}: the generation that was to answer is being collected.`,
      { details: { view }, cause: error },
    )
  }
  if (thrown?.[1] === BUCKET_CUT) {
    return new TwofoldError(
      'TIME_ZONE_OFF_GRAIN',
      `View ${view} has events at times at which buckets of the time zone are not made of whole buckets of the view.`,
      { details: { view }, cause: error },
    )
  }
  if (thrown?.[1] === FILLED_TOO_MANY) {
    return new TwofoldError(
      'RESULT_TOO_LARGE',
      `View ${view}: to fill every bucket for every tuple of the dimensions takes more than ${MAX_FILLED_ROWS} rows.`,
      {
        hint: 'Ask for a shorter time range, a coarser grain or fewer dimensions.',
        details: { view, maxRows: MAX_FILLED_ROWS },
        cause: error,
      },
    )
  }
  if (thrown !== null) {
    return new TwofoldError(
      'MEASURE_OVERFLOW',
      `The measure ${thrown[2]} of view ${view} is larger than 38 digits, or than a double can be.`,
      { details: { view, measure: thrown[2] }, cause: error },
    )
  }
  return error
}

/** The first is the message; ClickHouse may quote the expression behind it. */
const THROWN = new RegExp(`(${COLLECTED}|${BUCKET_CUT}|${FILLED_TOO_MANY}|${SUM_OVERFLOW}) ?(\\w*)`)
