import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, TwofoldError } from '../../model/errors.ts'

/** Hears of every failure that is not the caller's: what failed, and during which request. */
export type ReportFault = (error: unknown, during: string) => void

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode
    readonly message: string
    readonly hint: string
    readonly details: Readonly<Record<string, unknown>>
  }
}

/** The body that tells of an error. The statements sent to ClickHouse are nobody's business but ours. */
export function errorBody({ code, message, hint, details }: TwofoldError): ErrorBody {
  const { sql: _, ...shown } = details
  return {
    error: { code, message: clipped(message, 1_000), hint: clipped(hint, 1_000), details: brief(shown) },
  }
}

/** What was sent is named in an error, and not sent back at full length. */
function brief<T>(value: T): T {
  if (typeof value === 'string') return clipped(value, 300) as T
  if (Array.isArray(value)) return value.map(brief) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, brief(part)])) as T
}

function clipped(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`
}

/**
 * Makes a server answer every error in one shape, with the registered status. Of an error that is not registered,
 * which is a fault of ours, the answer tells nothing.
 */
export function handleErrors(app: FastifyInstance, report: ReportFault): void {
  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    const known = registeredError(error, request)
    if (known.status >= 500) report(error, `${request.method} ${pathOf(request)}`)
    if (known.code === 'BODY_TOO_LARGE') await drain(request)
    return sendError(known, reply)
  })
  app.setNotFoundHandler((request, reply) => {
    const details = { method: request.method, path: pathOf(request) }
    const message = `There is no route ${details.method} ${details.path}.`
    return sendError(new TwofoldError('ROUTE_UNKNOWN', message, { details }), reply)
  })
}

/** A refused body is still being sent: read on for so long, or the sender meets a broken pipe before our answer. */
const DRAIN_MS = 2000

async function drain({ raw }: FastifyRequest): Promise<void> {
  raw.resume()
  if (raw.readableEnded || raw.destroyed) return
  await Promise.race([
    once(raw, 'close'),
    once(raw, 'end'),
    sleep(DRAIN_MS, undefined, { ref: false }),
  ]).catch(() => undefined)
}

/** For Fastify's option of this name: errors that it finds before any route, such as a malformed URL. */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const message = `${request.method}: ${error.message}.`
  void sendError(new TwofoldError('URL_MALFORMED', message, { cause: error }), reply)
}

function sendError(error: TwofoldError, reply: FastifyReply): FastifyReply {
  // What a client sent may not have been read to its end: the connection cannot be used again.
  if (error.code === 'BODY_TOO_LARGE') reply.header('connection', 'close')
  if (error.status === 503) reply.header('retry-after', '1')
  return reply
    .status(error.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error)))
}

/** Any error as one of the registry; what is unknown shows nothing of its inside. */
function registeredError(error: FastifyError, request: FastifyRequest): TwofoldError {
  if (error instanceof TwofoldError) return error
  const code = codeOf(error)
  const problems = error.validation?.map(({ instancePath, message, keyword }) => ({
    place: instancePath,
    message: message ?? keyword,
  }))
  return new TwofoldError(code, messageOf(code, error, request), {
    ...(problems && { details: { problems } }),
    cause: error,
  })
}

/** Fastify's own words, where they say what was sent. */
function messageOf(code: ErrorCode, error: FastifyError, request: FastifyRequest): string {
  const route = `${request.method} ${pathOf(request)}`
  if (code === 'INTERNAL') return 'The request failed for a reason of our own.'
  if (code === 'BODY_TOO_LARGE')
    return `The body is larger than the ${request.routeOptions.bodyLimit} bytes that ${route} takes; nothing of it was taken in.`
  if (code === 'MEDIA_TYPE_UNSUPPORTED')
    return `${route} does not read a body of the content-type ${JSON.stringify(request.headers['content-type'] ?? '')}.`
  return error.message
}

/** Fastify's own errors carry the status of their kind. */
function codeOf(error: FastifyError): ErrorCode {
  const { statusCode, validation, validationContext, code } = error
  if (validation !== undefined)
    return validationContext === 'querystring' ? 'QUERY_INVALID' : 'REQUEST_INVALID'
  if (statusCode === 413) return 'BODY_TOO_LARGE'
  if (statusCode === 415) return 'MEDIA_TYPE_UNSUPPORTED'
  if (statusCode === 404) return 'ROUTE_UNKNOWN'
  const isCallers = statusCode !== undefined && statusCode >= 400 && statusCode < 500
  if (!isCallers) return 'INTERNAL'
  return code?.startsWith('FST_ERR_CTP') || error instanceof SyntaxError ? 'BODY_INVALID' : 'REQUEST_INVALID'
}

/** Without the query, which may hold values that belong in no log. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!
}
