import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { ErrorAnswer } from './error-schema.ts'

const SCHEMA = {
  summary: 'The process serves',
  tags: ['health'],
  response: { 200: Type.Object({ ok: Type.Boolean() }), default: ErrorAnswer },
}

/** `GET /healthz`, which answers as soon as the process serves; the same of every server. */
export function healthRoute(server: FastifyInstance): void {
  server.get('/healthz', { schema: SCHEMA }, async () => ({ ok: true }))
}
