import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { listRuns, resumeSchedule, rollBack, runBatchJob } from '../../../batch-layer/commands.ts'
import { rollBack as rollBackAtOnce } from '../../../batch-layer/publish/roll-back.ts'
import { runBatchLayer } from '../../../batch-layer/run.ts'
import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import { readJobs } from '../../../core/io/store/job-store.ts'
import { publishPointer, readPointer } from '../../../core/io/store/pointer-store.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject, projectOn } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { until } from '../../support/processes.ts'
import { scheduledJobs } from '../../support/scheduled-jobs.ts'

const platforms = withPlatform()

/** Records number `from` up to `to` pass through both layers. */
async function feed(platform: Platform, from: number, to: number): Promise<void> {
  await platform.produce(orders(from, to))
  await platform.archive()
  await platform.speed()
}

const extend = ({ context }: Platform) => runBatchJob(context, { kind: 'extend' })
const full = ({ context }: Platform) => runBatchJob(context, { kind: 'full' })

describe('a generation after the other', () => {
  test('extend, extend, recompute, roll back, resume: the answer is exact each time', async () => {
    const platform = await platforms.open(ordersProject())
    const { context } = platform
    await feed(platform, 0, 1000)
    await expectExact(platform, 1000)

    const first = (await extend(platform))!
    expect(first).toMatchObject({ seq: 1, prev: 0, reason: 'extend', paused: false })
    await expectExact(platform, 1000)
    expect(await extend(platform)).toBeUndefined()

    await feed(platform, 1000, 1300)
    await expectExact(platform, 1300)
    const second = (await extend(platform))!
    expect(second.views['overall']!.runs).toHaveLength(2)
    await expectExact(platform, 1300)

    const third = (await full(platform))!
    expect(third.views['overall']!.runs).toHaveLength(1)
    expect(third.views['overall']!.cut).toEqual(second.views['overall']!.cut)
    await expectExact(platform, 1300)

    const back = await rollBack(context)
    expect(back).toMatchObject({
      seq: 4,
      reason: 'rollback',
      rolledBackTo: 2,
      paused: true,
      views: second.views,
    })
    await expectExact(platform, 1300)
    expect(await rollBack(context)).toMatchObject({ seq: 5, rolledBackTo: 1, views: first.views })
    await expectExact(platform, 1300)

    expect(await extend(platform)).toMatchObject({ seq: 6, prev: 5, paused: true })
    expect(await resumeSchedule(context)).toMatchObject({ seq: 7, reason: 'resume', paused: false })
    await expectExact(platform, 1300)

    const jobs = await readJobs(context.clickhouse, 10)
    expect(jobs.map(({ state, generation, drift }) => ({ state, generation, drift }))).toEqual(
      [6, 3, 2, 1].map(generation => ({ state: 'done', generation, drift: [] })),
    )
    const listed = (await listRuns(context)).generations
    expect(listed.map(({ seq, canRollBack }) => ({ seq, canRollBack }))).toEqual(
      [7, 6, 5, 4, 3, 2, 1].map(seq => ({ seq, canRollBack: seq !== 7 })),
    )
  })

  test('a run takes in earlier ones that are no larger', async () => {
    const platform = await platforms.open(ordersProject())
    await feed(platform, 0, 300)
    await extend(platform)
    await feed(platform, 300, 1200)
    const pointer = (await extend(platform))!
    expect(pointer.views['overall']!.runs).toMatchObject([{ from: { 0: 0, 1: 0, 2: 0 } }])
    await expectExact(platform, 1200)
  })

  test('partitions that are added, and begin in the batch layer with the first block they fill', async () => {
    const platform = await platforms.open(ordersProject())
    const { topic } = platform.context.project.streams[0]!
    await feed(platform, 0, 500)
    await extend(platform)
    await platforms.admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
    await platform.produce(orders(500, 1000, 5))
    await platform.archive()
    await platform.speed()
    await expectExact(platform, 1000)
    const pointer = (await extend(platform))!
    expect(Object.keys(pointer.views['overall']!.cut)).toEqual(['0', '1', '2', '3', '4'])
    await expectExact(platform, 1000)
  })

  test('an empty stream has nothing to publish and answers with nothing', async () => {
    const platform = await platforms.open(ordersProject())
    await platform.archive()
    await platform.speed()
    expect(await extend(platform)).toBeUndefined()
    expect(await full(platform)).toBeUndefined()
    await expectExact(platform, 0)
  })

  test('offsets without records, which an aborted transaction leaves, are archived and published', async () => {
    const platform = await platforms.open(ordersProject({ partitions: 1 }))
    const { topic } = platform.context.project.streams[0]!
    const abort = async (records: number) => {
      const transaction = await platforms.transaction()
      const messages = Array.from({ length: records }, () => ({ value: 'never', partition: 0 }))
      await transaction.send({ topic, messages })
      await transaction.abort()
    }
    await abort(150)
    await platform.archive()
    await platform.speed()
    expect((await extend(platform))!.views['overall']).toMatchObject({
      cut: { 0: 128 },
      runs: [{ tally: { accepted: 0 } }],
    })
    await expectExact(platform, 0)
    await platform.produce(orders(0, 100, 1))
    await abort(200)
    await platform.archive()
    await platform.speed()
    const pointer = (await extend(platform))!
    expect(pointer.views['overall']!.cut).toEqual({ 0: 448 })
    await expectExact(platform, 100)
    await full(platform)
    await expectExact(platform, 100)
  })
})

describe('a changed definition', () => {
  test('is published when its chain has come as far as the old one, and serves from then on', async () => {
    const platform = await platforms.open(ordersProject())
    await feed(platform, 0, 600)
    const old = (await extend(platform))!
    const { topic } = platform.context.project.streams[0]!
    const changed = await platform.reconfigured(projectOn(topic, { where: 'amount > 5' }))
    const held = (await extend(changed))!
    expect(held.views).toEqual(old.views)
    expect((await readJobs(changed.context.clickhouse, 1))[0]).toMatchObject({ held: ['by_country'] })
    await expectExact(changed, 600)

    await changed.speed()
    const published = (await extend(changed))!
    expect(published.views['by_country']!.version).toBe(changed.context.views[0]!.version)
    expect(published.views['overall']).toEqual(old.views['overall'])
    await expectExact(changed, 600)

    await rollBack(changed.context, old.seq)
    await expectExact(changed, 600)
  })
})

describe('publication', () => {
  test('of two at once, one wins and the other is told', async () => {
    const platform = await platforms.open(ordersProject())
    await feed(platform, 0, 300)
    const pointer = (await extend(platform))!
    const next = { ...pointer, seq: 2, prev: 1 }
    const rivals = Array.from({ length: 4 }, () => publishPointer(platform.context.clickhouse, next))
    const outcomes = await Promise.allSettled(rivals)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        expect(outcome.reason).toMatchObject({ code: 'PUBLICATION_SUPERSEDED' })
    }
    await expect(publishPointer(platform.context.clickhouse, next)).rejects.toMatchObject({
      code: 'PUBLICATION_SUPERSEDED',
    })
  })

  test('of a job that was planned before a roll-back does not undo it', async () => {
    const platform = await platforms.open(ordersProject())
    const { context } = platform
    await feed(platform, 0, 300)
    await extend(platform)
    await feed(platform, 300, 600)
    await extend(platform)
    // Planned on generation 2, and about to publish.
    const clickhouse: ClickHouse = {
      ...context.clickhouse,
      insertSelect: async (sql, ...rest) => {
        if (sql.startsWith('INSERT INTO pointers'))
          await rollBackAtOnce(context.clickhouse, undefined, Date.now())
        return context.clickhouse.insertSelect(sql, ...rest)
      },
    }
    const job = runBatchJob({ ...context, clickhouse }, { kind: 'full' })
    await expect(job).rejects.toMatchObject({ code: 'PUBLICATION_SUPERSEDED' })
    expect(await readPointer(context.clickhouse)).toMatchObject({ seq: 3, rolledBackTo: 1, paused: true })
    expect((await readJobs(context.clickhouse, 1))[0]).toMatchObject({
      state: 'failed',
      error: { code: 'PUBLICATION_SUPERSEDED' },
    })
    await expectExact(platform, 600)
  })
})

describe('roll-back', () => {
  test('is refused where the generation is not an earlier one', async () => {
    const platform = await platforms.open(ordersProject())
    await feed(platform, 0, 300)
    await extend(platform)
    for (const to of [undefined, 0, -3, 1, 2, 1.5])
      await expect(rollBack(platform.context, to)).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' })
  })

  test('is refused before the first publication', async () => {
    const platform = await platforms.open(ordersProject())
    await expect(rollBack(platform.context)).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' })
  })
})

test('the service archives, publishes by its schedule, pauses after a roll-back, and goes on when told to', async () => {
  const platform = await platforms.open(
    { ...ordersProject(), batch: { everyMs: 300, full: undefined } },
    { archiveFlushMs: 100 },
  )
  const { context } = platform
  const stopping = new AbortController()
  const running = runBatchLayer(context, stopping.signal)
  const generation = async () => (await readPointer(context.clickhouse))?.seq ?? 0
  await platform.produce(orders(0, 400))
  await until('a first generation', async () => (await generation()) > 0)
  await platform.produce(orders(400, 900))
  await until('another', async () => (await generation()) > 1)
  // Only a chain that has come as far as answers reach can take over what a roll-back leaves to it.
  await platform.speed()
  const back = await patiently(() => rollBack(context, 1))
  await platform.produce(orders(900, 1500))
  await scheduledJobs(context.clickhouse, 3)
  expect(await generation()).toBe(back.seq)
  await resumeSchedule(context)
  await until('the schedule goes on', async () => (await generation()) > back.seq + 1)
  stopping.abort()
  await running
  await platform.speed()
  await expectExact(platform, 1500)
})

/** A scheduled job may be at work at that moment. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await act()
    } catch (error) {
      if (attempts === 600) throw error
      await sleep(100)
    }
  }
}
