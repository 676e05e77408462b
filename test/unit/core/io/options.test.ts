import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { defaultsOf, OPTIONS, resolveOptions } from '../../../../core/io/options.ts'
import type { TwofoldError } from '../../../../core/model/errors.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const refusal = (configured: Record<string, never>, environment: Record<string, string> = {}) => {
  try {
    resolveOptions(configured, environment)
  } catch (error) {
    return error as TwofoldError
  }
  throw new Error('was not refused')
}

describe('options', () => {
  it('have their defaults, which the configuration overrides, which the environment overrides', () => {
    expect(resolveOptions({}, {}).port).toBe(8080)
    expect(resolveOptions({ port: 9000 }, {}).port).toBe(9000)
    expect(resolveOptions({ port: 9000 }, { TWOFOLD_PORT: '9001' }).port).toBe(9001)
    expect(resolveOptions({ port: 9000 }, { TWOFOLD_PORT: '' }).port).toBe(9000)
  })

  it.each([
    ['5 seconds', 5_000, 2_500],
    ['100 ms', 100, 100],
    ['10 minutes', 600_000, 30_000],
  ])('archiveFlushMs follows an extension every %s, where it is not set', (_, everyMs, expected) => {
    const defaults = defaultsOf({ everyMs, full: undefined })
    expect(resolveOptions({}, {}, defaults).archiveFlushMs).toBe(expected)
    expect(resolveOptions({ archiveFlushMs: 7_000 }, {}, defaults).archiveFlushMs).toBe(7_000)
    expect(resolveOptions({}, { TWOFOLD_ARCHIVE_FLUSH_MS: '9000' }, defaults).archiveFlushMs).toBe(9_000)
  })

  it('read a secret from a file, and never show one', () => {
    const file = join(temporaryFolder(), 'secret')
    writeFileSync(file, 'pa55word\n')
    expect(resolveOptions({}, { CLICKHOUSE_PASSWORD_FILE: file }).clickhousePassword).toBe('pa55word')
    const error = refusal({ clickhousePassword: 55_555 as never })
    expect(error.code).toBe('OPTION_INVALID')
    expect(error.message).not.toContain('55555')
  })

  it('hold no credentials where servers are named, wherever those come from', () => {
    const url = 'http://ada:topsecret@ch:8123'
    for (const options of [
      resolveOptions({ clickhouseUrl: url }, {}),
      resolveOptions({}, { CLICKHOUSE_URL: url }),
    ])
      expect(options).toMatchObject({
        clickhouseUrl: 'http://ch:8123',
        clickhouseUser: 'ada',
        clickhousePassword: 'topsecret',
      })
    expect(resolveOptions({}, { CLICKHOUSE_URL: 'http://ch:8123' })).toMatchObject({
      clickhouseUser: 'default',
      clickhousePassword: '',
    })
    const error = refusal({ clickhousePassword: 'hushhush' as never }, { CLICKHOUSE_URL: url })
    expect(error.message).toBe('CLICKHOUSE_URL and options.clickhousePassword name different passwords.')
    expect(refusal({}, { KAFKA_BROKERS: 'ada:topsecret@kafka:9092' }).message).not.toContain('topsecret')
  })

  it.each<[Record<string, never>, Record<string, string>, string]>([
    [{ prot: 1 as never }, {}, 'prot'],
    [{ port: 'many' as never }, {}, 'options.port'],
    [{}, { TWOFOLD_PORT: '70000' }, 'TWOFOLD_PORT'],
    [{}, { TWOFOLD_PORT: '80.5' }, 'TWOFOLD_PORT'],
    [{}, { TWOFOLD_KAFKA_DRIVER: 'rdkafka' }, 'one of kafkajs, node-rdkafka'],
    [{}, { KAFKA_SSL: 'maybe' }, 'true or false'],
    [{}, { KAFKA_BROKERS: 'kafka' }, '"kafka"'],
    [{}, { CLICKHOUSE_URL: 'localhost:8123' }, 'CLICKHOUSE_URL is "localhost:8123"'],
    [{ clickhouseUrl: 'ch' as never }, {}, 'options.clickhouseUrl is "ch"'],
    [{}, { KAFKA_SASL_PASSWORD_FILE: '/nowhere/at/all' }, 'KAFKA_SASL_PASSWORD_FILE'],
  ])('refuse %j %j and name what was expected', (configured, environment, names) => {
    expect(refusal(configured, environment).message).toContain(names)
  })

  it('each have a variable of their own and a line of documentation', () => {
    const definitions = Object.values(OPTIONS)
    expect(new Set(definitions.map(option => option.env)).size).toBe(definitions.length)
    for (const option of definitions) expect(option.doc).toMatch(/\.$/)
  })
})
