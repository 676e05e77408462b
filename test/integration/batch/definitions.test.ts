import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { readArchived } from '../../../batch-layer/archived.ts'
import { flushArchive, rollBack, runBatchJob } from '../../../batch-layer/commands.ts'
import { publishBeginnings } from '../../../batch-layer/publish/beginning.ts'
import { runBatchLayer } from '../../../batch-layer/run.ts'
import { defineProject, m, stream, t, view } from '../../../core/index.ts'
import type { LayerContext } from '../../../core/io/layer-context.ts'
import { type BatchHeartbeat, readHeartbeats } from '../../../core/io/store/heartbeats.ts'
import { readJobs } from '../../../core/io/store/job-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import type { HeldView } from '../../../core/model/held-view.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import { QueryRunner } from '../../../serving/query/run.ts'
import { ServedViews } from '../../../serving/query/served-views.ts'
import { runSpeedLayer } from '../../../speed-layer/run.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject, projectOn } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { until } from '../../support/processes.ts'

const platforms = withPlatform()

/** A platform of which no block is full, with its beginning published. */
async function fewEvents(count: number): Promise<Platform> {
  const platform = await platforms.open(ordersProject())
  await platform.produce(orders(0, count))
  await platform.archive()
  await platform.speed()
  expect(await extend(platform)).toBeUndefined()
  await publishBeginnings(platform.context.clickhouse, platform.context.views, undefined, 1)
  return platform
}

const extend = ({ context }: Platform, onHeld?: (held: readonly HeldView[]) => void) =>
  runBatchJob(context, { kind: 'extend', ...(onHeld && { onHeld }) })

describe('a changed definition of a stream in which no block is full', () => {
  test('D1: is published by an extension, one view of two, there and back, and rolled back', async () => {
    const platform = await fewEvents(30)
    const { clickhouse, project, views } = platform.context
    const first = (await readPointer(clickhouse))!
    expect(first.views['by_country']).toMatchObject({ version: views[0]!.version, cut: {}, runs: [] })

    const changed = await platform.reconfigured(projectOn(project.streams[0]!.topic, { where: 'amount > 5' }))
    await changed.speed()
    const published = (await extend(changed))!
    expect(published).toMatchObject({ seq: 2, reason: 'extend' })
    expect(published.views['by_country']).toMatchObject({
      version: changed.context.views[0]!.version,
      runs: [],
    })
    expect(published.views['overall']).toEqual({ ...first.views['overall'], cut: { 0: 0, 1: 0, 2: 0 } })
    await expectExact(changed, 30)
    expect(await extend(changed)).toBeUndefined()

    const back = await platform.reconfigured(project)
    const third = (await extend(back))!
    expect(third.seq).toBe(3)
    expect(third.views['by_country']).toMatchObject({ version: views[0]!.version, runs: [] })
    await expectExact(back, 30)
    expect(await rollBack(back.context, 2)).toMatchObject({ seq: 4, rolledBackTo: 2, views: published.views })
    await expectExact(changed, 30)
  })

  test('waits for its chain, says how far it is, publishes nothing meanwhile, and loses no event', async () => {
    const platform = await fewEvents(30)
    const { clickhouse, project, views } = platform.context
    const changed = await platform.reconfigured(projectOn(project.streams[0]!.topic, { where: 'amount > 5' }))
    const told: HeldView[] = []
    expect(await extend(changed, held => told.push(...held))).toMatchObject({ seq: 1 })
    expect(told).toEqual([
      {
        view: 'by_country',
        serves: views[0]!.version,
        waits: changed.context.views[0]!.version,
        partition: 0,
        reached: 0,
        needed: expect.any(Number),
      },
    ])
    expect(told[0]!.needed).toBeGreaterThan(0)
    expect(await readPointer(clickhouse)).toMatchObject({ seq: 1 })
    expect((await readJobs(clickhouse, 1))[0]).toMatchObject({
      state: 'done',
      held: ['by_country'],
      waiting: told,
    })
    await expectExact(platform, 30)
    await platform.produce(orders(30, 40))
    await platform.speed()
    await changed.speed()
    expect(await extend(changed)).toMatchObject({ seq: 2 })
    await expectExact(changed, 40)
  })
})

/** The five records of the report: `qty` is an integer, text, a whole number with a fraction, and a fraction. */
const QTY = ['1', '2', '"3"', '4.0', '4.5']

let topics = 0
function zips(topic: string, qty: 'int' | 'decimal'): ProjectDefinition {
  const zip = stream({
    topic,
    time: 'ts',
    schema: { ts: t.timestamp(), qty: qty === 'int' ? t.int64() : t.decimal(12, 2) },
    partitions: 1,
  })
  return defineProject({
    streams: [zip],
    views: [view({ name: 'zips', from: zip, grain: 'hour', measures: { qty: m.sum('qty') } })],
    batch: { every: '1 hour', full: false },
  })
}

/** Runs a layer until it is told to stop. */
function running(run: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  const stopping = new AbortController()
  const ended = run(stopping.signal)
  return async () => {
    stopping.abort()
    await ended
  }
}

const QUESTION = { view: 'zips', measures: ['qty'] }

/** Asks all the time, of the definitions that a process knows, and never hears of a shorter prefix. */
function reader({ clickhouse, views }: LayerContext, answers: { through: number; qty: unknown }[]) {
  const runner = new QueryRunner({ clickhouse, views: new ServedViews(clickhouse, views), timeoutMs: 60_000 })
  return running(async signal => {
    while (!signal.aborted) {
      const { rows, coverage } = await runner.ask(QUESTION, { quoteNumbers: true })
      answers.push({ through: coverage.through['0']!, qty: JSON.parse(rows[0]!).qty })
      await sleep(20)
    }
  })
}

test('D1: five events, int to decimal: the running platform switches within seconds, and no answer goes back', async () => {
  const topic = `zips-${++topics}`
  const before = await platforms.open(zips(topic, 'int'))
  const value = (qty: string, index: number) => `{"ts":"2026-01-05T10:00:0${index}Z","qty":${qty}}`
  await before.produce(
    QTY.map((qty, index) => ({ key: null, value: Buffer.from(value(qty, index)), partition: 0 })),
  )
  const { clickhouse } = before.context
  const version = async () => (await readPointer(clickhouse))?.views['zips']?.version

  const stopFirst = [
    running(signal => runBatchLayer(before.context, signal)),
    running(signal => runSpeedLayer(before.context, {}, signal)),
  ]
  await until('what serves is named', async () => (await version()) === before.context.views[0]!.version)
  for (const stop of stopFirst) await stop()

  const after = await before.reconfigured(zips(topic, 'decimal'))
  const answers: { through: number; qty: unknown }[] = []
  const stopReading = reader(after.context, answers)
  const stopBatch = running(signal => runBatchLayer(after.context, signal))
  const waiting = async () => {
    const beats = await readHeartbeats(clickhouse, 3000)
    return beats.flatMap(({ body }) => (body as BatchHeartbeat).waiting ?? [])
  }
  await until('the batch layer says what it waits for', async () =>
    (await waiting()).some(({ view, reached, needed }) => view === 'zips' && reached === 0 && needed === 5),
  )
  const stopSpeed = running(signal => runSpeedLayer(after.context, {}, signal))
  const startedMs = performance.now()
  await until('the new version serves', async () => (await version()) === after.context.views[0]!.version)
  expect(performance.now() - startedMs).toBeLessThan(15_000)
  await until('readers see it', async () => answers.at(-1)?.qty === '14.5')
  for (const stop of [stopReading, stopSpeed, stopBatch]) await stop()
  expect(new Set(answers.map(({ through }) => through))).toEqual(new Set([5]))
  // As an integer, a fraction is refused: 1 + 2 + 3 + 4.
  expect([...new Set(answers.map(({ qty }) => qty))]).toEqual(['10', '14.5'])
})

test('a flush archives what is in the log now, however long records may wait; without an archiver it says so', async () => {
  const platform = await platforms.open(ordersProject(), { archiveFlushMs: 3_600_000 })
  const { context } = platform
  await platform.produce(orders(0, 200))
  expect(await flushArchive(context)).toMatch(/The batch layer does not run/)
  const stop = running(signal => runBatchLayer(context, signal))
  await until(
    'the archiver is heard of',
    async () => (await readHeartbeats(context.clickhouse, 3000)).length > 0,
  )
  expect(await flushArchive(context)).toBeUndefined()
  const archived = (await readArchived(context)).get(context.project.streams[0]!.topic)!
  const ends = await context.driver.offsets(context.project.streams[0]!.topic)
  expect([...archived].map(([partition, { end }]) => [partition, end])).toEqual(
    [...ends].map(([partition, { end }]) => [partition, end]),
  )
  expect((await extend(platform))!.views['overall']!.runs).toHaveLength(1)
  await stop()
})
