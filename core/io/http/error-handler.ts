import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, TwofoldError } from '../../model/errors.ts'
import { errorFields, type Log } from '../log.ts'

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: {
    readonly code: ErrorCode
    readonly message: string
    readonly hint: string
    readonly details: Readonly<Record<string, unknown>>
  }
}

/** The body that tells of an error. */
export function errorBody({ code, message, hint, details }: TwofoldError): ErrorBody {
  return { error: { code, message, hint, details } }
}

/**
 * Makes a server answer every error in one shape, with the registered status. An error that is not registered is a
 * fault of ours: it is logged, and the answer tells nothing of it.
 */
export function handleErrors(app: FastifyInstance, log: Pick<Log, 'error'>): void {
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendError(toTwofoldError(error, request, log), reply),
  )
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no route ${request.method} ${pathOf(request)}.`
    return sendError(new TwofoldError('ROUTE_UNKNOWN', message), reply)
  })
}

/** For Fastify's option of this name: errors that it finds before any route, such as a malformed URL. */
export function frameworkErrors(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void sendError(
    new TwofoldError('URL_MALFORMED', `${request.method}: ${error.message}.`, { cause: error }),
    reply,
  )
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

function toTwofoldError(error: FastifyError, request: FastifyRequest, log: Pick<Log, 'error'>): TwofoldError {
  if (error instanceof TwofoldError) {
    // 503 is for the client to repeat; any other error of the server needs someone to look at it.
    if (error.status === 500) log.error(`${request.method} ${pathOf(request)} failed`, errorFields(error))
    return error
  }
  const code = codeOf(error)
  if (code === 'INTERNAL') {
    log.error(`${request.method} ${pathOf(request)} failed`, { ...errorFields(error), stack: error.stack })
    return new TwofoldError('INTERNAL', 'The server failed to answer this request.')
  }
  const details = error.validation === undefined ? {} : { problems: error.validation.map(problemOf) }
  return new TwofoldError(code, `${request.method} ${pathOf(request)}: ${error.message}.`, {
    details,
    cause: error,
  })
}

/** Fastify's own errors carry the status of their kind. */
function codeOf(error: FastifyError): ErrorCode {
  switch (error.statusCode) {
    case 413:
      return 'BODY_TOO_LARGE'
    case 415:
      return 'MEDIA_TYPE_UNSUPPORTED'
    case 404:
      return 'ROUTE_UNKNOWN'
  }
  if (error.validation !== undefined) return 'REQUEST_INVALID'
  const isClientError = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
  if (!isClientError) return 'INTERNAL'
  return error.code?.startsWith('FST_ERR_CTP') || error instanceof SyntaxError
    ? 'BODY_INVALID'
    : 'REQUEST_INVALID'
}

function problemOf(problem: NonNullable<FastifyError['validation']>[number]): {
  place: string
  message: string
} {
  return { place: problem.instancePath, message: problem.message ?? problem.keyword }
}

/** Without the query, which may hold values that belong in no log. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!
}
