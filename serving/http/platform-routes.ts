import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { unknownName } from '../../core/define/unknown-name.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { ErrorAnswer } from '../../core/io/http/error-schema.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { CatalogueEntry, catalogue } from '../catalogue.ts'
import { MAX_QUARANTINE_PAGE, QuarantinedRecord, readQuarantine } from '../quarantine.ts'
import type { ServedViews } from '../query/served-views.ts'
import { readStatus } from '../status.ts'
import { StatusSchema } from './status-schema.ts'

export interface PlatformRoutesOptions {
  readonly clickhouse: ClickHouse
  readonly streams: readonly StreamDefinition[]
  readonly views: ServedViews
}

/** What the platform has and how it stands: catalogue, status and quarantine. */
export async function platformRoutes(server: FastifyInstance, options: PlatformRoutesOptions): Promise<void> {
  const { clickhouse, streams, views } = options
  const tags = ['platform']
  server.get(
    '/v1/views',
    {
      schema: {
        summary: 'Lists the views',
        tags,
        response: { 200: Type.Object({ views: Type.Array(CatalogueEntry) }), default: ErrorAnswer },
      },
    },
    async () => ({ views: await catalogue(views) }),
  )
  server.get(
    '/v1/status',
    {
      schema: {
        summary: 'Tells how the platform stands',
        tags,
        response: { 200: StatusSchema, default: ErrorAnswer },
      },
    },
    () => readStatus(clickhouse, streams, views),
  )
  server.get<{ Querystring: { stream: string; limit: number; after?: string } }>(
    '/v1/quarantine',
    { schema: { summary: 'Lists records that were set aside', tags, ...QUARANTINE_SCHEMA } },
    async ({ query: { stream, limit, after } }) => {
      const topics = streams.map(({ topic }) => topic)
      if (!topics.includes(stream)) throw unknownName('STREAM_UNKNOWN', 'stream', stream, topics)
      const served = await views.all()
      return readQuarantine(
        clickhouse,
        stream,
        served.map(({ compiled }) => compiled.view),
        { limit, after },
      )
    },
  )
}

const QUARANTINE_SCHEMA = {
  querystring: Type.Object(
    {
      stream: Type.String(),
      limit: Type.Integer({ minimum: 1, maximum: MAX_QUARANTINE_PAGE, default: 100 }),
      after: Type.Optional(Type.String({ description: '`next` of the page before, or partition:offset.' })),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      records: Type.Array(QuarantinedRecord),
      next: Type.Union([Type.String(), Type.Null()]),
    }),
    default: ErrorAnswer,
  },
}
