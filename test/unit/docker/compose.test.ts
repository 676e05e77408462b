import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { RUNNABLE } from '../../../cli/commands/run.ts'
import { OPTIONS, resolveOptions } from '../../../core/io/options.ts'
import { PACKAGE_ROOT } from '../../../core/io/package-root.ts'

interface Service {
  readonly image: string
  readonly command?: string
  readonly environment: Readonly<Record<string, string>>
  readonly volumes: readonly string[]
}

const text = readFileSync(join(PACKAGE_ROOT, 'docker', 'compose.yaml'), 'utf8')
const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Service>> }
const ours = Object.entries(services).filter(([, { image }]) => image === 'twofold')

describe('docker/compose.yaml', () => {
  it('runs each layer as a service of its own', () => {
    expect(ours.map(([, { command }]) => command).sort()).toEqual(
      RUNNABLE.map(layer => `run ${layer}`).sort(),
    )
  })

  it.each(ours)('sets nothing for %s but options, to values that they take', (_name, { environment }) => {
    const variables = Object.values(OPTIONS).map(({ env }) => env as string)
    expect(variables).toEqual(expect.arrayContaining(Object.keys(environment)))
    expect(resolveOptions({}, environment)).toMatchObject({ kafkaBrokers: 'kafka:9092', dataDir: '/data' })
  })

  it('gives the layers the servers of the other services, by the same user and password', () => {
    for (const [, { environment }] of ours) {
      expect(environment['KAFKA_BROKERS']).toBe('kafka:9092')
      expect(environment['CLICKHOUSE_URL']).toBe('http://clickhouse:8123')
      for (const name of ['CLICKHOUSE_USER', 'CLICKHOUSE_PASSWORD'])
        expect(environment[name]).toBe(services['clickhouse']!.environment[name])
    }
  })

  it('shares the archive between the batch and the speed layer', () => {
    for (const name of ['batch', 'speed']) expect(services[name]!.volumes).toContain('data:/data')
  })
})
