import { Type } from '@sinclair/typebox'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, TwofoldError } from '../../core/model/errors.ts'

/** The body of every answer that is not a success. */
export const ErrorAnswer = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    hint: Type.String(),
    details: Type.Record(Type.String(), Type.Unknown()),
  }),
})

/** Hears of failures that no client can know the cause of. */
export type ReportFault = (error: unknown, during: string) => void

/** Makes every failure of a server's routes an answer of one shape. */
export function answerErrors(server: FastifyInstance, report: ReportFault): void {
  server.setErrorHandler((error, request, reply) => sendError(error, request, reply, report))
  server.setNotFoundHandler((request, reply) => {
    const error = new TwofoldError(
      'ROUTE_UNKNOWN',
      `There is no route ${request.method} ${pathOf(request)}.`,
      {
        details: { method: request.method, path: pathOf(request) },
      },
    )
    return sendError(error, request, reply, report)
  })
}

/** Sends `{ error: { code, message, hint, details } }` with the error's status. */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  report: ReportFault,
): FastifyReply {
  const known = registeredError(error)
  if (known.status >= 500) report(error, `${request.method} ${request.url}`)
  const { code, message, hint, details } = known
  // ClickHouse's statements are nobody's business but ours.
  const { sql: _, ...shown } = details
  return reply
    .code(known.status)
    .headers(known.status === 503 ? { 'retry-after': '1' } : {})
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error: { code, message, hint, details: shown } }))
}

/** Any error as one of the registry; what is unknown shows nothing of its inside. */
export function registeredError(error: unknown): TwofoldError {
  if (error instanceof TwofoldError) return error
  const { code = '', message, statusCode } = (error ?? {}) as Partial<FastifyError>
  const known = FASTIFY_ERRORS[code] ?? (statusCode === 400 ? 'BODY_INVALID' : undefined)
  if (known !== undefined) return new TwofoldError(known, `${message}`, { cause: error })
  return new TwofoldError('INTERNAL', 'The request failed for a reason of our own.', { cause: error })
}

const FASTIFY_ERRORS: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'URL_MALFORMED',
  FST_ERR_VALIDATION: 'QUERY_INVALID',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_INVALID',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_INVALID',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BODY_INVALID',
  FST_ERR_NOT_FOUND: 'ROUTE_UNKNOWN',
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0]!
}
