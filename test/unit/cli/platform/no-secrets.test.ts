import { describe, expect, it, vi } from 'vitest'
import { externalClickHouse } from '../../../../cli/platform/connections.ts'
import { welcome } from '../../../../cli/start/welcome.ts'
import { defineProject, stream, t } from '../../../../core/index.ts'
import { openClickHouse } from '../../../../core/io/clickhouse/client.ts'
import { errorFields } from '../../../../core/io/log.ts'
import { resolveOptions } from '../../../../core/io/options.ts'
import type { TwofoldError } from '../../../../core/model/errors.ts'
import { buildServer } from '../../../../serving/http/server.ts'

/** Nobody listens there. */
const URL_WITH_SECRET = 'http://ada:topsecret@127.0.0.1:1'
const options = resolveOptions({}, { CLICKHOUSE_URL: URL_WITH_SECRET })
const access = externalClickHouse(options)!

describe('a password in CLICKHOUSE_URL', () => {
  it('is taken as the password, and stands in no other setting', () => {
    expect(access).toEqual({ url: 'http://127.0.0.1:1', user: 'ada', password: 'topsecret' })
    expect(JSON.stringify({ ...options, clickhousePassword: '' })).not.toContain('topsecret')
  })

  it('is in no error, no log and no warning of the client', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const clickhouse = openClickHouse(access)
    const error: TwofoldError = await clickhouse.command('SELECT 1').then(
      () => expect.unreachable(),
      cause => cause,
    )
    await clickhouse.close()
    expect(error).toMatchObject({
      code: 'CLICKHOUSE_UNAVAILABLE',
      message: 'ClickHouse at http://127.0.0.1:1 does not answer: ECONNREFUSED.',
    })
    const shown = [error.message, error.hint, error.details, errorFields(error), warn.mock.calls]
    expect(JSON.stringify(shown)).not.toContain('topsecret')
    warn.mockRestore()
  })

  it('is in no answer of the HTTP API', async () => {
    const faults: unknown[] = []
    const clickhouse = openClickHouse(access)
    const server = await buildServer({
      ...{ clickhouse, streams: [], views: [], version: '', queryTimeoutMs: 1_000 },
      reportFault: (error, during) => faults.push(errorFields(error), during),
    })
    for (const path of ['/v1/status', '/readyz']) {
      const { statusCode, body } = await server.inject(path)
      expect([path, statusCode]).toEqual([path, 503])
      expect(body).not.toContain('topsecret')
    }
    await server.close()
    await clickhouse.close()
    expect(JSON.stringify(faults)).not.toContain('topsecret')
  })

  it('is not in what start says', () => {
    const clicks = stream({ topic: 'clicks', time: 'ts', schema: { ts: t.timestamp() } })
    const project = defineProject({ streams: [clicks], views: [] })
    const connections = { kafka: { brokers: ['127.0.0.1:9092'], clientId: 'twofold' }, clickhouse: access }
    const platform = { apiUrl: 'http://127.0.0.1:8080', connections }
    const text = welcome(platform, { project, options, configPath: '/p/twofold.config.ts', dataDir: '/p' })
    expect(text).toContain('ClickHouse  http://127.0.0.1:1\n')
    expect(text).not.toContain('topsecret')
  })
})
