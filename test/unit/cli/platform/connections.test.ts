import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  readConnectionFile,
  removeConnectionFile,
  writeConnectionFile,
} from '../../../../cli/platform/connection-file.ts'
import { findConnections } from '../../../../cli/platform/connections.ts'
import { resolveOptions } from '../../../../core/io/options.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const CLICKHOUSE = { url: 'http://127.0.0.1:1', user: 'twofold', password: 'secret' }
const CONTENT = {
  configPath: '/p/twofold.config.ts',
  apiUrl: 'http://127.0.0.1:8080',
  kafka: { brokers: ['127.0.0.1:9092'] },
  clickhouse: CLICKHOUSE,
}

function runningPlatform(): string {
  const dataDir = temporaryFolder()
  writeConnectionFile(dataDir, CONTENT)
  return dataDir
}

describe('the connection file', () => {
  it('tells of the process that wrote it, and is for its owner alone', () => {
    const dataDir = runningPlatform()
    expect(readConnectionFile(dataDir)).toMatchObject({ ...CONTENT, pid: process.pid })
    expect(statSync(join(dataDir, 'connection.json')).mode & 0o777).toBe(0o600)
  })

  it('tells nothing once that process is gone, although another bears its number', () => {
    const dataDir = runningPlatform()
    const file = { ...readConnectionFile(dataDir)!, identity: 'another moment' }
    writeFileSync(join(dataDir, 'connection.json'), JSON.stringify(file))
    expect(readConnectionFile(dataDir)).toBeUndefined()
  })

  it('tells nothing where there is none', () => {
    const dataDir = runningPlatform()
    removeConnectionFile(dataDir)
    expect(readConnectionFile(dataDir)).toBeUndefined()
  })
})

describe('connections', () => {
  it('are those of the platform that runs', () => {
    expect(findConnections(resolveOptions({}, {}), runningPlatform())).toEqual({
      kafka: { brokers: ['127.0.0.1:9092'], clientId: 'twofold' },
      clickhouse: CLICKHOUSE,
    })
  })

  it('are first of all those of the settings', () => {
    const options = resolveOptions(
      { kafkaSsl: true },
      {
        KAFKA_BROKERS: 'a:9092, b:9092',
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'u',
        KAFKA_SASL_PASSWORD: 'p',
        CLICKHOUSE_URL: 'http://ch:8123',
      },
    )
    expect(findConnections(options, runningPlatform())).toEqual({
      kafka: {
        brokers: ['a:9092', 'b:9092'],
        clientId: 'twofold',
        ssl: true,
        sasl: { mechanism: 'plain', username: 'u', password: 'p' },
      },
      clickhouse: { url: 'http://ch:8123', user: 'default', password: '' },
    })
  })

  it('that are neither set nor running are an error that names what to do', () => {
    const dataDir = temporaryFolder()
    const external = { KAFKA_BROKERS: 'a:9092' }
    expect(() => findConnections(resolveOptions({}, {}), dataDir)).toThrow(
      expect.objectContaining({ code: 'NOT_RUNNING', message: expect.stringContaining('KAFKA_BROKERS') }),
    )
    expect(() => findConnections(resolveOptions({}, external), dataDir)).toThrow(
      expect.objectContaining({ code: 'NOT_RUNNING', message: expect.stringContaining('CLICKHOUSE_URL') }),
    )
  })
})
