import { healthRoute } from '../core/io/http/health-route.ts'
import { listen } from '../core/io/http/listen.ts'
import { openServer } from '../core/io/http/open-server.ts'
import { describeRoutes } from '../core/io/http/openapi.ts'
import { errorFields, type Log } from '../core/io/log.ts'
import { type IngestDependencies, ingestRoutes } from './http/ingest-routes.ts'

export interface IngestOptions extends IngestDependencies {
  readonly host: string
  /** 0 for any free port. */
  readonly port: number
  /** Of the API, for OpenAPI. */
  readonly version: string
  readonly log: Pick<Log, 'error'>
}

export interface Ingest {
  /** `http://host:port`. */
  readonly address: string
  /** Answers the requests that are under way, then ends. */
  close(): Promise<void>
}

/**
 * Runs the ingest layer alone: its HTTP endpoint, `/healthz`, and what describes them.
 * @throws PORT_IN_USE, ADDRESS_UNUSABLE
 */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const app = openServer((error, during) => options.log.error(`${during} failed`, errorFields(error)))
  await describeRoutes(app, options.version)
  healthRoute(app)
  await ingestRoutes(app, options)
  const { host, port } = options
  const address = await listen(app, { what: 'The ingest endpoint', host, port })
  return { address, close: () => app.close() }
}
