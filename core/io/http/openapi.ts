import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** Makes a server describe its routes at `GET /v1/openapi.json`: those that are added after this. */
export async function describeRoutes(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Twofold',
        version,
        description: 'Exact and fresh answers; docs/http-api.md explains them.',
      },
    },
  })
  server.get('/v1/openapi.json', { schema: { hide: true } }, () => server.swagger())
}
