import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { ErrorAnswer } from '../../core/io/http/error-schema.ts'
import { healthRoute } from '../../core/io/http/health-route.ts'
import { type ReadinessOptions, readReadiness } from '../readiness.ts'
import { remembered } from '../remembered.ts'

/** Probes may come from many places at once; the platform is looked at once a second. */
const READINESS_KEPT_MS = 1_000

/** For those who watch the process: `/healthz` as soon as it serves, `/readyz` once answers can be had. */
export async function healthRoutes(server: FastifyInstance, options: ReadinessOptions): Promise<void> {
  const readiness = remembered(READINESS_KEPT_MS, () => readReadiness(options))
  const Ready = Type.Object({ ready: Type.Boolean(), missing: Type.Array(Type.String()) })
  healthRoute(server)
  server.get(
    '/readyz',
    {
      schema: {
        summary: 'Events can come in and answers can be had',
        tags: ['health'],
        response: { 200: Ready, 503: Ready, default: ErrorAnswer },
      },
    },
    async (_request, reply) => {
      const found = await readiness.get()
      return reply.code(found.ready ? 200 : 503).send(found)
    },
  )
}
