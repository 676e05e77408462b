import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClickHouse } from '../../../../core/io/clickhouse/client.ts'
import type { KafkaDriver } from '../../../../core/io/kafka/driver.ts'
import { PACKAGE_ROOT } from '../../../../core/io/package-root.ts'
import { ERRORS, type ErrorCode } from '../../../../core/model/errors.ts'
import { ingestRoutes } from '../../../../ingest/http/ingest-routes.ts'
import type { RunningSample } from '../../../../ingest/sample/run-sample.ts'
import { type Ingest, startIngest } from '../../../../ingest/start.ts'
import { buildServer } from '../../../../serving/http/server.ts'
import { events } from '../../../support/all-kinds.ts'

interface Schema {
  readonly type?: string
  readonly items?: Schema
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>
interface Operation {
  readonly requestBody?: { readonly content: Content }
  readonly parameters?: readonly { readonly name: string; readonly schema: Schema }[]
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}
interface Api {
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Nothing is sent to Kafka or asked of ClickHouse here. */
const driver = { openProducer: async () => ({ close: async () => undefined }) } as unknown as KafkaDriver
const clickhouse = {} as ClickHouse
const sample = { status: () => ({}) } as unknown as RunningSample
const streams = [events]

async function combinedApi(): Promise<Api> {
  const server = await buildServer({
    ...{ clickhouse, streams, views: [], version: '1.2.3', queryTimeoutMs: 1, reportFault: () => undefined },
    addRoutes: app => ingestRoutes(app, { driver, streams, sample }),
  })
  try {
    return (await server.inject({ url: '/v1/openapi.json' })).json<Api>()
  } finally {
    await server.close()
  }
}

const operationsOf = ({ paths }: Api) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, method, operation })),
  )

let api: Api
let ingest: Ingest
beforeAll(async () => {
  api = await combinedApi()
  const at = { host: '127.0.0.1', port: 0, version: '1.2.3' }
  ingest = await startIngest({ ...at, driver, streams, sample, log: { error: () => undefined } })
})
afterAll(() => ingest.close())

describe('the description of the combined API', () => {
  it('has every route of both layers', () => {
    expect(
      operationsOf(api)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'get /healthz',
      'get /readyz',
      'get /v1/quarantine',
      'get /v1/sample',
      'get /v1/status',
      'get /v1/views',
      'get /v1/views/{name}',
      'post /v1/events/{stream}',
      'post /v1/query',
      'post /v1/sample/rate',
    ])
  })

  it('says of each route that takes a body what it looks like', () => {
    for (const { name, method, operation } of operationsOf(api)) {
      const schemas = Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => schema)
      if (method === 'post') expect(schemas.length, name).toBeGreaterThan(0)
      expect(
        schemas.every(schema => Object.keys(schema).length > 0),
        name,
      ).toBe(true)
    }
    expect(Object.keys(api.paths['/v1/events/{stream}']!['post']!.requestBody!.content)).toEqual([
      'application/json',
      'application/x-ndjson',
      'application/ndjson',
      'application/jsonl',
      'text/plain',
    ])
  })

  it('says of each route what an error looks like', () => {
    for (const { name, operation } of operationsOf(api)) {
      const { schema } = operation.responses['default']?.content?.['application/json'] ?? {}
      expect(schema, name).toMatchObject({ properties: { error: { properties: { code: {}, hint: {} } } } })
    }
  })

  it('lets a filter stand several times in a URL', () => {
    const { parameters } = api.paths['/v1/views/{name}']!['get']!
    const filter = parameters!.find(({ name }) => name === 'filter')
    expect(filter!.schema).toMatchObject({ type: 'array', items: { type: 'string' } })
  })
})

describe('the ingest layer alone', () => {
  const answerOf = async (path: string) => (await fetch(`${ingest.address}${path}`)).json()

  it('describes its routes, and answers for its health as the serving layer does', async () => {
    const described = (await answerOf('/v1/openapi.json')) as Api
    expect(described.info.version).toBe('1.2.3')
    expect(Object.keys(described.paths).sort()).toEqual([
      '/healthz',
      '/v1/events/{stream}',
      '/v1/sample',
      '/v1/sample/rate',
    ])
    expect(await answerOf('/healthz')).toEqual({ ok: true })
  })

  it('hints at no route that it does not have', async () => {
    const folders = ['ingest/http', 'core/io/http']
    const source = folders
      .flatMap(folder =>
        readdirSync(join(PACKAGE_ROOT, folder)).map(file => join(PACKAGE_ROOT, folder, file)),
      )
      .map(path => readFileSync(path, 'utf8'))
      .join('')
    const codes = [...source.matchAll(/'([A-Z_]{5,})'/g)].map(([, code]) => code as ErrorCode)
    const hints = [...new Set(codes)].filter(code => code in ERRORS).map(code => ERRORS[code].hint)
    expect(hints.length).toBeGreaterThan(10)
    const { paths } = (await answerOf('/v1/openapi.json')) as Api
    const routes = [...Object.keys(paths), '/v1/openapi.json']
    const named = hints.flatMap(hint => hint.match(/\/v1\/[\w./]+\w/g) ?? [])
    expect(named).toContain('/v1/openapi.json')
    expect(named.filter(route => !routes.includes(route))).toEqual([])
  })
})
