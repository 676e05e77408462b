import { expect, test } from 'vitest'
import { decoderId } from '../../../core/io/decoder-id.ts'
import { allKinds } from '../../support/all-kinds.ts'
import { PARTITION_END } from '../../support/merged-view.ts'
import { type Json, json, withServedView } from '../../support/served-view.ts'

const served = withServedView()

test('the catalogue lists views with types', async () => {
  const { views } = await json(served().get('/v1/views'))
  expect(views).toHaveLength(1)
  expect(views[0]).toMatchObject({
    name: allKinds.name,
    stream: 'events',
    grain: 'minute',
    version: served().merged.view.version,
    generation: 1,
  })
  expect(views[0].dimensions).toContainEqual({ name: 'price', type: 'decimal', expression: 'price' })
  expect(views[0].measures).toContainEqual({
    name: 'last_price',
    kind: 'argMax',
    type: 'decimal',
    expression: 'price',
    by: 'moment',
  })
  expect(views[0].measures.every((measure: { type?: string }) => measure.type !== undefined)).toBe(true)
})

test('the status tells of streams, layers, jobs and quarantine', async () => {
  const { clickhouse } = served().merged
  const partitions = [
    { partition: 0, position: PARTITION_END, logEnd: 310, freshAtMs: Date.now() - 60_000 },
    { partition: 1, position: null, logEnd: 20, freshAtMs: 0 },
  ]
  const speed = {
    topic: 'events',
    lanes: [0],
    freshAtMs: 0,
    partitions,
    recordsPerSecond: 7,
    state: 'running',
  }
  const batch = { streams: [{ topic: 'events', partitions: [{ partition: 0, archivedEnd: 290, lost: 40 }] }] }
  for (const [layer, body] of [
    ['speed', { streams: [speed] }],
    ['batch', batch],
    ['ingest', {}],
  ])
    await clickhouse.command(
      'INSERT INTO heartbeats SELECT {layer:String}, {layer:String}, now64(3), {body:String}',
      {
        params: { layer, body: JSON.stringify(body) },
      },
    )
  await clickhouse.command(`INSERT INTO jobs SELECT 'j1', now64(3), 'extend', 'done', '{"run":"run0"}'`)
  const status = await json(served().get('/v1/status'))
  expect(status).toMatchObject({
    generation: { seq: 1, reason: 'extend', paused: false, rolledBackTo: null },
    streams: [
      {
        topic: 'events',
        freshnessMs: null,
        recordsPerSecond: 7,
        partitions: [
          {
            partition: 0,
            begin: 0,
            archivedEnd: 290,
            lost: 40,
            cut: 128,
            speedEnd: PARTITION_END,
            logEnd: 310,
            lag: 10,
            freshnessMs: expect.any(Number),
          },
          {
            partition: 1,
            begin: 0,
            archivedEnd: null,
            lost: null,
            cut: 192,
            speedEnd: null,
            logEnd: 20,
            lag: null,
            freshnessMs: null,
          },
        ],
      },
    ],
    views: [
      { name: allKinds.name, stream: 'events', version: served().merged.view.version, chain: 'c0', runs: 1 },
    ],
    jobs: [{ id: 'j1', kind: 'extend', state: 'done', body: { run: 'run0' } }],
  })
  expect(status.streams[0].partitions[0].freshnessMs).toBeGreaterThanOrEqual(60_000)
  expect(status.layers.map((beat: { layer: string }) => beat.layer).sort()).toEqual([
    'batch',
    'ingest',
    'serving',
    'speed',
  ])
})

test('the quarantine is listed page by page, as what answers now sets records aside', async () => {
  const decoder = decoderId(served().merged.view.stream)
  const rows = [
    ['', decoder, 0, 7, 'char(255, 0)'],
    ['', decoder, 1, 3, "'{}'"],
    [allKinds.name, served().merged.view.version, 1, 3, "'{}'"],
    [allKinds.name, 'of_old', 1, 3, "'{}'"],
    ['', decoder, 1, 9, 'NULL'],
    ['', 'of_old', 1, 9, 'NULL'],
    ['', 'of_old', 1, 10, "'{}'"],
  ]
  for (const [view, version, partition, offset, value] of rows) {
    await served().merged.clickhouse.command(
      `INSERT INTO quarantine SELECT 'events', '${view}', '${version}', ${partition}, ${offset}, 'id', 'invalid_json', 'f', 'why', NULL, ${value}, now64(3)`,
    )
  }
  const found: Json[] = []
  for (let path: string | null = '/v1/quarantine?stream=events&limit=1'; path !== null; ) {
    const { records, next } = await json(served().get(path))
    found.push(...records)
    path = next === null ? null : `/v1/quarantine?stream=events&limit=1&after=${encodeURIComponent(next)}`
  }
  expect(found.map(({ partition, offset, view }) => [partition, offset, view])).toEqual([
    [0, 7, ''],
    [1, 3, ''],
    [1, 3, allKinds.name],
    [1, 9, ''],
  ])
  expect(found[0]).toMatchObject({ value: null, valueBase64: '/wA=', reason: 'invalid_json', detail: 'why' })
  expect(found[1]).toMatchObject({ value: '{}', valueBase64: 'e30=', key: null })
  expect(found[3]).toMatchObject({ value: null, valueBase64: null })
  const after = await json(served().get('/v1/quarantine?stream=events&after=1:3'))
  expect(after.records.map((record: Json) => record.offset)).toEqual([9])
  expect((await json(served().get('/v1/status'))).quarantined).toContainEqual({
    stream: 'events',
    view: '',
    reason: 'invalid_json',
    records: 3,
  })
})

test('the status counts a quarantined record once, whatever versions and topics there have been', async () => {
  const rows = [
    ['events', '', decoderId(served().merged.view.stream)],
    ['events', '', 'of_old'],
    ['events', allKinds.name, served().merged.view.version],
    ['events', allKinds.name, 'of_old'],
    ['events', 'view_of_old', 'v'],
    ['topic_of_old', '', decoderId(served().merged.view.stream)],
  ]
  for (const [topic, view, version] of rows) {
    await served().merged.clickhouse.command(
      `INSERT INTO quarantine SELECT '${topic}', '${view}', '${version}', 0, 77, 'id', 'expression_failed', 'f', 'why', NULL, NULL, now64(3)`,
    )
  }
  const { quarantined } = await json(served().get('/v1/status'))
  expect(quarantined.filter(({ reason }: Json) => reason === 'expression_failed')).toEqual([
    { stream: 'events', view: '', reason: 'expression_failed', records: 1 },
    { stream: 'events', view: allKinds.name, reason: 'expression_failed', records: 1 },
  ])
})

test('health is the process; readiness is all of the platform', async () => {
  expect((await served().get('/healthz')).status).toBe(200)
  await served().merged.clickhouse.command('TRUNCATE TABLE heartbeats')
  // What was read a moment ago is still told: hence polls.
  const readiness = async () => {
    const response = await served().get('/readyz')
    return { status: response.status, ...(await json(response)) }
  }
  await expect.poll(readiness).toEqual({
    status: 503,
    ready: false,
    missing: ['ingest', 'speed', 'batch'].map(layer => `The ${layer} layer gives no sign of life.`),
  })
  const beat = () =>
    served().merged.clickhouse.command(
      `INSERT INTO heartbeats SELECT arrayJoin(['ingest', 'speed', 'batch']), 'a', now64(3), '{"streams":[]}'`,
    )
  await expect
    .poll(async () => {
      await beat()
      return readiness()
    })
    .toEqual({ status: 200, ready: true, missing: [] })
})
