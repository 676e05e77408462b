import { type Deadline, startDeadline } from './deadline.ts'
import { type Attempt, isConnectionLost, toTwofoldError } from './errors.ts'
import { READS, type Settings } from './settings.ts'

/** What the caller may say about any statement. */
export interface StatementOptions {
  readonly params?: Readonly<Record<string, unknown>>
  readonly settings?: Settings
  readonly queryId?: string
  /** A read is also stopped within ClickHouse after this time. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A statement and the server it goes to. */
export interface Statement {
  readonly sql: string
  readonly kind: 'read' | 'write'
  readonly url: string
  readonly options: StatementOptions
  /** Where `options` names none. */
  readonly defaultTimeoutMs: number
}

/** What every request of `@clickhouse/client` takes. */
export interface RequestParameters {
  readonly query: string
  readonly clickhouse_settings: Settings
  readonly abort_signal: AbortSignal
  readonly query_params?: Record<string, unknown>
  readonly query_id?: string
}

/** How much longer than ClickHouse itself we wait before we break off, so that its own word arrives. */
const GRACE_MS = 500

/**
 * Sends a statement and waits for the whole of its answer, within its time. A read whose connection was lost
 * is sent once more: the server may have closed a connection that was idle. A write never is.
 */
export async function request<T>(
  statement: Statement,
  send: (parameters: RequestParameters) => Promise<T>,
): Promise<T> {
  const deadline = openDeadline(statement)
  try {
    return await sendOrRepeat(statement, deadline, send)
  } catch (cause) {
    throw toTwofoldError(cause, attemptOf(statement, deadline))
  } finally {
    deadline.clear()
  }
}

/** @throws QUERY_CANCELLED where the caller has gone away already */
export function openDeadline(statement: Statement): Deadline {
  const deadline = startDeadline(timeoutMs(statement) + GRACE_MS, statement.options.signal)
  if (deadline.ended === undefined) return deadline
  deadline.clear()
  throw toTwofoldError(undefined, attemptOf(statement, deadline))
}

export async function sendOrRepeat<T>(
  statement: Statement,
  deadline: Deadline,
  send: (parameters: RequestParameters) => Promise<T>,
): Promise<T> {
  const parameters = parametersOf(statement, deadline)
  try {
    return await send(parameters)
  } catch (cause) {
    if (statement.kind === 'write' || !isConnectionLost(cause) || deadline.ended !== undefined) throw cause
    // The first may still run under its id.
    const { query_id, ...again } = parameters
    return await send(query_id === undefined ? again : { ...again, query_id: `${query_id}-again` })
  }
}

/** What an error of this statement tells. */
export function attemptOf(statement: Statement, deadline: Deadline): Attempt {
  return {
    sql: statement.sql,
    url: statement.url,
    writes: statement.kind === 'write',
    timeoutMs: timeoutMs(statement),
    ended: deadline.ended,
  }
}

function parametersOf({ sql, kind, options }: Statement, deadline: Deadline): RequestParameters {
  const { params, settings, queryId } = options
  const limit = options.timeoutMs !== undefined && { max_execution_time: options.timeoutMs / 1000 }
  return {
    query: sql,
    abort_signal: deadline.signal,
    clickhouse_settings: { ...(kind === 'read' && { ...READS, ...limit }), ...settings },
    ...(params !== undefined && { query_params: params }),
    ...(queryId !== undefined && { query_id: queryId }),
  }
}

function timeoutMs({ options, defaultTimeoutMs }: Statement): number {
  return options.timeoutMs ?? defaultTimeoutMs
}
