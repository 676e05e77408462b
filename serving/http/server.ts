import swagger from '@fastify/swagger'
import fastify, { type FastifyInstance } from 'fastify'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { frameworkErrors, handleErrors, type ReportFault } from '../../core/io/http/error-handler.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'
import { QueryRunner } from '../query/run.ts'
import { ServedViews } from '../query/served-views.ts'
import { healthRoutes } from './health-routes.ts'
import { platformRoutes } from './platform-routes.ts'
import { queryRoutes } from './query-routes.ts'

export interface ServerOptions {
  readonly clickhouse: ClickHouse
  readonly streams: readonly StreamDefinition[]
  readonly views: readonly BoundView[]
  /** Of the API, for OpenAPI. */
  readonly version: string
  readonly queryTimeoutMs: number
  readonly reportFault: ReportFault
  /** Adds the routes of other layers to the same server. */
  readonly addRoutes?: (server: FastifyInstance) => Promise<void>
}

/** Questions are small; routes that take more say so themselves. */
const BODY_LIMIT_BYTES = 2 ** 20

/** The HTTP API, ready to listen. It closes with `server.close()`, after the requests that run. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const server = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    // An unknown parameter is told, not dropped.
    ajv: { customOptions: { removeAdditional: false } },
    // Otherwise a client that keeps its connection open would hold up the end.
    forceCloseConnections: 'idle',
    // What still comes on an open connection is answered, and the connection closed: Fastify's own 503 has no code.
    return503OnClosing: false,
    frameworkErrors,
  })
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Twofold',
        version: options.version,
        description: 'Exact and fresh answers; docs/http-api.md explains them.',
      },
    },
  })
  handleErrors(server, options.reportFault)
  const { clickhouse, streams } = options
  const views = new ServedViews(clickhouse, options.views)
  const queries = new QueryRunner({ clickhouse, views, timeoutMs: options.queryTimeoutMs })
  await server.register(queryRoutes, { queries })
  await server.register(platformRoutes, { clickhouse, streams, views })
  await server.register(healthRoutes, { clickhouse, streams, viewNames: views.names, queries })
  await options.addRoutes?.(server)
  return server
}
