import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ConnectionFile } from '../../cli/platform/connection-file.ts'
import { type ClickHouse, openClickHouse } from '../../core/io/clickhouse/client.ts'
import type { KafkaDriver, KafkaProducer } from '../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { Api, eventually } from '../support/api.ts'
import { shopConfig } from '../support/shop-project.ts'
import { TwofoldHome } from '../support/twofold-home.ts'
import type { TwofoldProcess } from '../support/twofold-process.ts'

/** A `twofold start` of the shop, shared by the tests of a file, and what they look at it with. */
export interface RunningPlatform {
  readonly home: TwofoldHome
  readonly api: Api
  readonly driver: KafkaDriver
  readonly producer: KafkaProducer
  /** As the layers themselves see ClickHouse. */
  readonly clickhouse: ClickHouse
  /** The end of each of the topic's partitions. */
  logEnds(): Promise<number[]>
  /** Waits until answers hold all that is in Kafka now. */
  caughtUp(): Promise<void>
}

/**
 * To be called at the top level of a test file, before its tests. The last test of the file is added here, too: that
 * the platform is as well as ever, and leaves nothing behind.
 */
export function withRunningPlatform(config = shopConfig()): RunningPlatform {
  let home: TwofoldHome
  let twofold: TwofoldProcess
  let api: Api
  let driver: KafkaDriver
  let producer: KafkaProducer
  let clickhouse: ClickHouse

  beforeAll(async () => {
    home = await TwofoldHome.create(config)
    api = new Api(home.apiUrl)
    twofold = home.start()
    await twofold.ready()
    driver = await openKafkaDriver('kafkajs', { brokers: home.brokers, clientId: 'test' })
    producer = await driver.openProducer()
    const file = JSON.parse(readFileSync(join(home.dataDir, 'connection.json'), 'utf8')) as ConnectionFile
    clickhouse = openClickHouse({ ...file.clickhouse!, database: 'twofold' })
  })
  afterAll(async () => {
    await clickhouse?.close()
    await producer?.close()
    await driver?.close()
    twofold?.kill('SIGTERM')
    await twofold?.exited
    await home?.remove()
  })

  return {
    get home() {
      return home
    },
    get api() {
      return api
    },
    get driver() {
      return driver
    },
    get producer() {
      return producer
    },
    get clickhouse() {
      return clickhouse
    },
    logEnds: async () => [...(await driver.offsets('clicks')).values()].map(({ end }) => end),
    async caughtUp() {
      const offsets = await driver.offsets('clicks')
      await eventually(
        'all records in answers',
        () => api.ask({ view: 'sales_by_minute', measures: ['events'] }),
        ({ coverage }) =>
          [...offsets].every(([partition, { end }]) => (coverage.through[partition] ?? 0) >= end),
      )
    },
  }
}

/** The last test of a file: all that went before left the platform ready, no crash, and no process behind. */
export function testItIsWell(platform: RunningPlatform, twofoldLogs = ['api', 'speed', 'batch']): void {
  test('all of that left the platform ready, and no layer crashed', async () => {
    expect(await platform.api.send('/readyz')).toMatchObject({ status: 200 })
    for (const layer of twofoldLogs) {
      const log = readFileSync(join(platform.home.dataDir, 'logs', `${layer}.log`), 'utf8')
      const starts = log.split('\n').filter(line => line.includes('"message":"started"'))
      expect(starts, `starts of ${layer}`).toHaveLength(1)
    }
  })
}

/** An error of the API, and what its message or hint must say. */
export interface Refused {
  readonly status: number
  readonly code: string
  readonly says?: string
}

/** Expects an answer in the one shape that all errors have. */
export async function expectRefused(
  api: Api,
  path: string,
  init: RequestInit,
  { status, code, says }: Refused,
): Promise<void> {
  const reply = await api.send(path, init)
  expect({ status: reply.status, body: reply.body }).toMatchObject({
    status,
    body: {
      error: {
        code,
        message: expect.stringMatching(/\S/),
        hint: expect.stringMatching(/\S/),
        details: expect.any(Object),
      },
    },
  })
  const text = JSON.stringify(reply.body)
  if (says !== undefined) expect(text).toContain(JSON.stringify(says).slice(1, -1))
  expect(text.length, 'the length of an error').toBeLessThan(4_000)
}
