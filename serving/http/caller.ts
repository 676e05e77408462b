import type { FastifyReply } from 'fastify'

/**
 * Aborts when the caller goes away before the answer. (Fastify's own `request.signal` aborts as soon as the body of a
 * POST has been read.)
 */
export function callerGone(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) controller.abort()
  })
  return controller.signal
}
