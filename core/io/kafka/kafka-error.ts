import { TwofoldError } from '../../model/errors.ts'
import { KAFKA_ERROR } from './protocol/request.ts'

/** Codes that pass by themselves: elections, restarts, metadata that lags behind, a broker under load. */
const TRANSIENT_CODES: ReadonlySet<number> = new Set([
  -1, // UNKNOWN_SERVER_ERROR
  KAFKA_ERROR.UNKNOWN_TOPIC_OR_PARTITION,
  KAFKA_ERROR.LEADER_NOT_AVAILABLE,
  6, // NOT_LEADER_OR_FOLLOWER
  7, // REQUEST_TIMED_OUT
  8, // BROKER_NOT_AVAILABLE
  9, // REPLICA_NOT_AVAILABLE
  13, // NETWORK_EXCEPTION
  14, // COORDINATOR_LOAD_IN_PROGRESS
  15, // COORDINATOR_NOT_AVAILABLE
  41, // NOT_CONTROLLER
  56, // KAFKA_STORAGE_ERROR
  74, // FENCED_LEADER_EPOCH
  75, // UNKNOWN_LEADER_EPOCH
  78, // OFFSET_NOT_AVAILABLE
  89, // THROTTLING_QUOTA_EXCEEDED
  KAFKA_ERROR.UNKNOWN_TOPIC_ID,
  KAFKA_ERROR.INCONSISTENT_TOPIC_ID,
])

/** Topic, group and cluster authorization, SASL authentication and mechanism, security. */
const REFUSED_CODES: ReadonlySet<number> = new Set([29, 30, 31, 33, 34, 54, 58])

const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSLockTimeout',
])

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  return isConnectionError(error) || TRANSIENT_CODES.has(codeOf(error) ?? 0)
}

/** Whether the connection that raised it is of no more use. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Error && CONNECTION_ERRORS.has(error.name)
}

/** Whether the cluster turned us away: credentials or rights. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const refused = error.name.startsWith('KafkaJSSASL') || REFUSED_CODES.has(codeOf(error) ?? 0)
  // kafkajs wraps what its retries end with.
  return refused || isRefusal(error.cause)
}

/** The code of Kafka's protocol that an error carries, if any. */
export function codeOf(error: unknown): number | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'number' ? code : undefined
}

/** What went wrong, in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The error to raise when an attempt failed for good. `what` says what was tried, on what. */
export function failureOf(what: string, error: unknown): unknown {
  if (error instanceof TwofoldError || !isKafkaError(error)) return error
  const code = isRefusal(error) ? 'KAFKA_REFUSED' : 'KAFKA_UNAVAILABLE'
  return new TwofoldError(code, `${what} failed: ${reasonOf(error)}`, { cause: error })
}

/** The error of a produce call. Errors that tell more than that it failed stay as they are. */
export function produceFailed(topic: string, records: number, error: unknown): unknown {
  const unavailable = error instanceof TwofoldError && error.code === 'KAFKA_UNAVAILABLE'
  if (error instanceof TwofoldError && !unavailable) return error
  const cause = unavailable ? (error.cause ?? error) : error
  const message = `Producing ${records} records to topic "${topic}" failed: ${reasonOf(cause)}`
  return new TwofoldError('PRODUCE_FAILED', message, { details: { topic, records }, cause })
}

function isKafkaError(error: unknown): boolean {
  return error instanceof Error && error.name.startsWith('Kafka')
}
