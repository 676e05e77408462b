import { ClickHouseError } from '@clickhouse/client'
import { TwofoldError } from '../../model/errors.ts'

/**
 * What is known of a statement that writes and did not answer well: `failed` wrote nothing; `unknown` may have
 * written all of it, and may still be writing.
 */
export type Outcome = 'failed' | 'unknown'

/** What a failed request was about, for its error. */
export interface Attempt {
  readonly sql: string
  /** The server, without credentials. */
  readonly url: string
  readonly writes: boolean
  readonly timeoutMs: number
  /** Set when our own clock or the caller's signal ended the request. */
  readonly ended: 'timeout' | 'cancelled' | undefined
}

/** The request never reached a server: nothing can have happened. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/**
 * ClickHouse's errors that it raises while it analyses a statement or lets a user in, so before a row is
 * written. Any other may come after: an exception does not say what was committed.
 */
const RAISED_BEFORE_WRITING = new Set([
  'ACCESS_DENIED',
  'AUTHENTICATION_FAILED',
  'ILLEGAL_TYPE_OF_ARGUMENT',
  'NOT_AN_AGGREGATE',
  'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
  'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
  'READONLY',
  'SYNTAX_ERROR',
  'TOO_MANY_PARTS',
  'TOO_MANY_SIMULTANEOUS_QUERIES',
  'UNKNOWN_DATABASE',
  'UNKNOWN_FUNCTION',
  'UNKNOWN_IDENTIFIER',
  'UNKNOWN_SETTING',
  'UNKNOWN_TABLE',
])

/** A server that is being stopped ends the statements that run; so does an administrator's `KILL QUERY`. */
const ENDED_BY_SERVER = new Set(['QUERY_WAS_CANCELLED', 'QUERY_WAS_CANCELLED_BY_CLIENT', 'ABORTED'])

const TIMED_OUT = new Set(['TIMEOUT_EXCEEDED', 'SOCKET_TIMEOUT'])
const HEAD_CHARACTERS = 200

/** An answer without an error that has fewer rows than it says. */
export class TruncatedAnswer extends Error {
  override readonly name = 'TruncatedAnswer'
  readonly found: number
  readonly expected: number

  constructor(found: number, expected: number) {
    super(`${found} of ${expected} rows`)
    this.found = found
    this.expected = expected
  }
}

/** Whether an error leaves open if the statement wrote: then read what is there before going on. */
export function isUnknownOutcome(error: unknown): boolean {
  return error instanceof TwofoldError && error.details['outcome'] === 'unknown'
}

/** A socket that the server closed while it was idle, or a server that went away while it answered. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error)
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    (error instanceof Error && error.message === 'socket hang up')
  )
}

/** Any failure of a request as an error of the registry. Values and secrets are never part of it. */
export function toTwofoldError(cause: unknown, attempt: Attempt): TwofoldError {
  if (cause instanceof TwofoldError) return cause
  if (attempt.ended === 'cancelled') {
    return failure('QUERY_CANCELLED', 'The query was cancelled.', attempt, cause, 'unknown')
  }
  if (attempt.ended === 'timeout') return timeout(attempt, cause)
  if (cause instanceof ClickHouseError) return refused(cause, attempt)
  if (cause instanceof TruncatedAnswer) return truncated(cause, attempt)
  const reason = codeOf(cause)
  return reason === undefined ? misunderstood(cause, attempt) : unreachable(reason, cause, attempt)
}

function refused(cause: ClickHouseError, attempt: Attempt): TwofoldError {
  const type = cause.type ?? 'UNKNOWN'
  if (TIMED_OUT.has(type)) return timeout(attempt, cause)
  if (ENDED_BY_SERVER.has(type)) return ended(type, attempt, cause)
  const outcome = RAISED_BEFORE_WRITING.has(type) ? 'failed' : 'unknown'
  const message = `ClickHouse refused the query: ${cause.message.trim()} (${type}, code ${cause.code}).`
  return failure('CLICKHOUSE_QUERY_FAILED', message, attempt, cause, outcome, {
    type,
    code: Number(cause.code),
  })
}

function ended(type: string, attempt: Attempt, cause: unknown): TwofoldError {
  const message = `ClickHouse at ${attempt.url} ended the query: it is being stopped, or an administrator killed it.`
  return failure('CLICKHOUSE_UNAVAILABLE', message, attempt, cause, 'unknown', { type })
}

function timeout(attempt: Attempt, cause: unknown): TwofoldError {
  return failure(
    'QUERY_TIMEOUT',
    `The query took longer than ${attempt.timeoutMs} ms.`,
    attempt,
    cause,
    'unknown',
  )
}

function unreachable(reason: string, cause: unknown, attempt: Attempt): TwofoldError {
  const outcome = NOT_SENT.has(reason) ? 'failed' : 'unknown'
  const message = `ClickHouse at ${attempt.url} does not answer: ${reason}.`
  return failure('CLICKHOUSE_UNAVAILABLE', message, attempt, cause, outcome, { reason })
}

function truncated(cause: TruncatedAnswer, attempt: Attempt): TwofoldError {
  const { found, expected } = cause
  const message = `ClickHouse at ${attempt.url} sent ${found} of ${expected} rows of its answer, and no error: its disk may be full.`
  return failure('CLICKHOUSE_UNAVAILABLE', message, attempt, cause, 'unknown', { found, expected })
}

/** An answer that is not ClickHouse's usual: of its HTTP parser, which knows limits, or of a proxy before it. */
function misunderstood(cause: unknown, attempt: Attempt): TwofoldError {
  const text = head(cause instanceof Error ? cause.message : String(cause))
  const message = `ClickHouse at ${attempt.url} refused the request: ${text}`
  return failure('CLICKHOUSE_QUERY_FAILED', message, attempt, cause, 'unknown', { type: 'UNKNOWN' })
}

function failure(
  code: 'CLICKHOUSE_QUERY_FAILED' | 'CLICKHOUSE_UNAVAILABLE' | 'QUERY_TIMEOUT' | 'QUERY_CANCELLED',
  message: string,
  attempt: Attempt,
  cause: unknown,
  outcome: Outcome,
  more: Record<string, unknown> = {},
): TwofoldError {
  const details = { ...more, sql: head(attempt.sql), ...(attempt.writes && { outcome }) }
  return new TwofoldError(code, message, { details, cause })
}

function head(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > HEAD_CHARACTERS ? `${line.slice(0, HEAD_CHARACTERS)}…` : line
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}
