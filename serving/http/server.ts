import type { FastifyInstance } from 'fastify'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { ReportFault } from '../../core/io/http/error-handler.ts'
import { openServer } from '../../core/io/http/open-server.ts'
import { describeRoutes } from '../../core/io/http/openapi.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'
import { QueryRunner } from '../query/run.ts'
import { ServedViews } from '../query/served-views.ts'
import { frontPageRoute } from './front-page.ts'
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
  const server = openServer(options.reportFault, {
    bodyLimit: BODY_LIMIT_BYTES,
    // An unknown parameter is told, not dropped.
    ajv: { customOptions: { removeAdditional: false } },
  })
  await describeRoutes(server, options.version)
  const { clickhouse, streams } = options
  const views = new ServedViews(clickhouse, options.views)
  const queries = new QueryRunner({ clickhouse, views, timeoutMs: options.queryTimeoutMs })
  await server.register(queryRoutes, { queries })
  await server.register(platformRoutes, { clickhouse, streams, views })
  await server.register(healthRoutes, { clickhouse, streams, viewNames: views.names, queries })
  const topics = streams.map(({ topic }) => topic)
  await server.register(frontPageRoute, { version: options.version, viewNames: views.names, topics })
  await options.addRoutes?.(server)
  return server
}
