import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RawRecord } from '../../../core/model/record.ts'
import flights from '../../../examples/flights/twofold.config.ts'
import { locateSample } from '../../../ingest/sample/locate-sample.ts'
import { type RunningSample, runSample, type SampleStatus } from '../../../ingest/sample/run-sample.ts'
import { startIngest } from '../../../ingest/start.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type KafkaFixture, readToEnd, startKafkaFixture } from '../kafka/kafka-fixture.ts'

const ROWS = 30_000
const HISTORY = 25_000

let kafka: KafkaFixture
beforeAll(async () => {
  kafka = await startKafkaFixture('kafkajs')
})
afterAll(() => kafka.close())

/** The first rows of the flights as a file of their own. */
async function fewFlights(): Promise<string> {
  const path = join(temporaryFolder(), 'few.parquet')
  const source = locateSample('npm:vega-datasets/data/flights-3m.parquet', '.')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT * FROM '${source}' LIMIT ${ROWS}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

async function values(topic: string): Promise<string[]> {
  const { topicId, partitions } = (await kafka.driver.describeTopic(topic))!
  const reader = await kafka.driver.openReader(topic, topicId)
  const records: RawRecord[] = []
  for (const partition of partitions)
    records.push(...(await readToEnd(kafka.driver, reader, topic, 0, partition)))
  await reader.close()
  return records.map(({ value }) => Buffer.from(value!).toString())
}

async function until(sample: RunningSample, condition: (status: SampleStatus) => boolean): Promise<void> {
  while (!condition(sample.status())) {
    if (sample.status().state === 'failed') throw new Error(sample.status().error)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('history comes at once, the rest at a rate that can be changed; started again, each row comes once', async () => {
  const { topic } = await kafka.topic(4)
  const stream = { ...flights.streams[0]!, topic }
  const options = {
    driver: kafka.driver,
    stream,
    path: await fewFlights(),
    historyRows: HISTORY,
    ratePerSecond: 200,
  }

  const first = new AbortController()
  const sample = runSample({ ...options, signal: first.signal })
  const started = performance.now()
  await until(sample, ({ rows }) => rows >= HISTORY + 100)
  expect(performance.now() - started).toBeGreaterThan(300)
  expect(sample.status()).toMatchObject({
    topic,
    state: 'live',
    totalRows: ROWS,
    rejected: 0,
    perSecond: 200,
  })
  first.abort()
  expect((await sample.ended).state).toBe('stopped')
  const before = (await values(topic)).length
  expect(before).toBeGreaterThanOrEqual(HISTORY + 100)
  expect(before).toBeLessThan(HISTORY + 2000)

  const second = new AbortController()
  const told: SampleStatus[] = []
  const again = runSample({ ...options, signal: second.signal, onProgress: status => told.push(status) })
  expect(again.status()).toMatchObject({ state: 'resuming', rows: 0 })
  const log = { error: () => {} }
  const ingest = await startIngest({
    ...options,
    streams: [stream],
    sample: again,
    host: '127.0.0.1',
    port: 0,
    version: '1.2.3',
    log,
  })
  const rate = (perSecond: unknown): Promise<Response> =>
    fetch(`${ingest.address}/v1/sample/rate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ perSecond }),
    })
  await until(again, ({ state }) => state === 'live')
  expect(told[0]).toMatchObject({ state: 'history', rows: HISTORY })
  expect((await rate(-1)).status).toBe(400)
  expect((await rate('x')).status).toBe(400)
  const changed = await rate(1_000_000)
  expect([changed.status, await changed.json()]).toMatchObject([200, { perSecond: 1_000_000 }])
  expect(await again.ended).toMatchObject({ state: 'exhausted', rows: ROWS, rejected: 0 })
  expect(await (await fetch(`${ingest.address}/v1/sample`)).json()).toMatchObject({
    state: 'exhausted',
    rows: ROWS,
  })
  await ingest.close()

  const all = await values(topic)
  expect(all).toHaveLength(ROWS)
  expect(all).toContain(
    '{"date":"2001-01-01T00:01:00Z","delay":33,"distance":2176,"origin":"LAS","destination":"PHL"}',
  )
  const third = runSample({ ...options, signal: second.signal })
  expect(await third.ended).toMatchObject({ state: 'exhausted', rows: ROWS })
  expect(await values(topic)).toHaveLength(ROWS)
})

test('a feed that fails says why', async () => {
  const stream = { ...flights.streams[0]!, topic: 'nowhere' }
  const signal = new AbortController().signal
  const sample = runSample({
    ...{ driver: kafka.driver, stream, path: await fewFlights(), historyRows: 1, ratePerSecond: 1, signal },
  })
  expect(await sample.ended).toMatchObject({ state: 'failed', error: expect.stringContaining('nowhere') })
})
