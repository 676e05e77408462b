import { expect, test } from 'vitest'
import { rollBack, runBatchJob } from '../../../batch-layer/commands.ts'
import { type Collected, type CollectionPolicy, collect } from '../../../batch-layer/publish/collect.ts'
import { readJobs } from '../../../core/io/store/job-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { compileView } from '../../../core/sql/compiled-view.ts'
import { COLLECTED, mergeSql } from '../../../core/sql/merge.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from '../../../core/sql/tables.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject, projectOn } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()

/** Collects as soon as may be. */
async function collectNow({ context }: Platform, policy: Partial<CollectionPolicy> = {}): Promise<Collected> {
  return collect(context.clickhouse, {
    keep: 1,
    graceMs: 0,
    minRows: 1,
    configured: context.views,
    ...policy,
  })
}

const NOTHING: Collected = { rows: {}, tables: [] }

async function feed(platform: Platform, from: number, to: number): Promise<void> {
  const { partitions } = platform.context.project.streams[0]!.topicSettings
  await platform.produce(orders(from, to, partitions))
  await platform.archive()
  await platform.speed()
}

const extend = ({ context }: Platform) => runBatchJob(context, { kind: 'extend' })

/** The markers and the other rows that the speed table has of each partition below its offset in `below`. */
async function speedRows({ context }: Platform, below: Readonly<Record<string, number>>) {
  const rows = await context.clickhouse.rows<{ p: number; markers: string; partials: string }>(
    `SELECT __partition AS p, countIf(__kind = ${SPEED_KIND.marker}) AS markers, countIf(__kind = ${SPEED_KIND.partial}) AS partials
     FROM ${speedTable(context.views[0]!)}
     WHERE __block < transform(__partition, [${Object.keys(below)}], [${Object.values(below)}], 0) GROUP BY p ORDER BY p`,
  )
  return rows.map(({ p, markers, partials }) => [p, Number(markers), Number(partials)])
}

test('what no readable generation needs goes; last markers stay; answers, chains and audits go on exactly', async () => {
  const platform = await platforms.open(ordersProject())
  const { context } = platform
  const { clickhouse } = context
  await feed(platform, 0, 900)
  const first = (await extend(platform))!
  await feed(platform, 900, 1100)
  await extend(platform)

  // The floor is announced first; rows go in a later call, when the grace period has passed.
  const below = first.views['by_country']!.cut
  const before = await speedRows(platform, below)
  expect(await collectNow(platform)).toEqual(NOTHING)
  expect(await collectNow(platform, { graceMs: 3_600_000 })).toEqual(NOTHING)
  expect(await collectNow(platform, { minRows: 1_000_000 })).toEqual(NOTHING)
  expect(await speedRows(platform, below)).toEqual(before)
  expect(Object.keys((await collectNow(platform)).rows)).toEqual(context.views.map(speedTable))
  expect(await speedRows(platform, below)).toEqual([])
  await expectExact(platform, 1100)
  await rollBack(context, first.seq)
  await expectExact(platform, 1100)

  await feed(platform, 1100, 1300)
  const second = (await extend(platform))!
  const third = (await runBatchJob(context, { kind: 'full' }))!
  await collectNow(platform)
  const collected = await collectNow(platform)
  expect(Object.keys(collected.rows).sort()).toEqual(
    [...context.views.map(batchTable), ...context.views.map(speedTable)].sort(),
  )
  expect(await speedRows(platform, second.views['by_country']!.cut)).toEqual([])
  await expectExact(platform, 1300)

  // Readers of what is collected fail; the generation before the present can still be read and rolled back to.
  const compiled = compileView(context.views[1]!)
  const query = {
    view: 'overall',
    measures: ['orders'],
    dimensions: [],
    fromSeconds: undefined,
    toSeconds: undefined,
    buckets: undefined,
    filters: [],
    having: [],
    fill: undefined,
    order: [],
    limit: 10,
    offset: 0,
  }
  const ask = (generation: typeof first) => {
    const { sql, params } = mergeSql(compiled, generation.views['overall']!, generation.seq, query)
    return clickhouse.rows<{ orders: string }>(sql, { params })
  }
  await expect(ask(first)).rejects.toThrow(COLLECTED)
  expect((await ask(second))[0]).toEqual((await ask(third))[0])
  await expect(rollBack(context, first.seq)).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' })

  // Runs that no readable generation names are gone, the others are whole.
  const runs = await clickhouse.rows<{ run: string }>(
    `SELECT DISTINCT __run AS run FROM ${batchTable(context.views[0]!)} ORDER BY run`,
  )
  const named = [second, third].flatMap(({ views }) => views['by_country']!.runs.map(({ id }) => id))
  expect(runs.map(({ run }) => run)).toEqual([...new Set(named)].sort())

  await rollBack(context, second.seq)
  await expectExact(platform, 1300)
  await feed(platform, 1300, 1600)
  await expectExact(platform, 1600)
  await runBatchJob(context, { kind: 'full' })
  expect((await readJobs(clickhouse, 1))[0]).toMatchObject({ state: 'done', drift: [] })
  await expectExact(platform, 1600)
})

test('a run in the making, of whatever data directory, stays for as long as it may be published', async () => {
  const platform = await platforms.open(ordersProject())
  const { context } = platform
  const table = batchTable(context.views[0]!)
  await feed(platform, 0, 900)
  for (let times = 0; times < 3; times++) await runBatchJob(context, { kind: 'full' })
  const current = (await readPointer(context.clickhouse))!
  const [served] = current.views['by_country']!.runs
  for (const basedOn of [current.seq - 1, current.seq, current.seq + 1])
    await context.clickhouse.command(
      `INSERT INTO ${table} SELECT * REPLACE ('elsewhere.${basedOn}.by_country' AS __run) FROM (SELECT * FROM ${table} WHERE __run = '${served!.id}')`,
    )
  const elsewhere = async () => {
    await collectNow(platform)
    await collectNow(platform)
    const rows = await context.clickhouse.rows<{ run: string }>(
      `SELECT DISTINCT __run AS run FROM ${table} WHERE __run LIKE 'elsewhere%' ORDER BY run`,
    )
    return rows.map(({ run }) => run)
  }
  expect(await elsewhere()).toEqual([current.seq, current.seq + 1].map(seq => `elsewhere.${seq}.by_country`))
  await runBatchJob(context, { kind: 'full' })
  expect(await elsewhere()).toEqual([`elsewhere.${current.seq + 1}.by_country`])
  await runBatchJob(context, { kind: 'full' })
  expect(await elsewhere()).toEqual([])
})

test('the last markers of a stream that stands still at a block edge stay, and are no drift', async () => {
  const platform = await platforms.open(ordersProject({ partitions: 1 }))
  const { context } = platform
  // 128 records are two whole blocks: everything is below the cut.
  await feed(platform, 0, 128)
  await extend(platform)
  for (let generation = 2; generation <= 4; generation++) await runBatchJob(context, { kind: 'full' })
  await collectNow(platform)
  await collectNow(platform)
  expect(await speedRows(platform, { 0: 128 })).toEqual([[0, 1, 0]])
  await expectExact(platform, 128)
  await runBatchJob(context, { kind: 'full' })
  expect((await readJobs(context.clickhouse, 1))[0]).toMatchObject({ state: 'done', drift: [] })

  await feed(platform, 128, 300)
  await expectExact(platform, 300)
  await extend(platform)
  await expectExact(platform, 300)
})

test('rows that a killed job left are collected', async () => {
  const platform = await platforms.open(ordersProject())
  const { context } = platform
  await feed(platform, 0, 600)
  await extend(platform)
  const table = batchTable(context.views[0]!)
  await context.clickhouse.command(
    `INSERT INTO ${table} SELECT * REPLACE ('abandoned' AS __run) FROM ${table} WHERE __kind = ${BATCH_KIND.partial}`,
  )
  for (let generation = 2; generation <= 4; generation++) await runBatchJob(context, { kind: 'full' })
  await collectNow(platform)
  await collectNow(platform)
  const [row] = await context.clickhouse.rows<{ n: string }>(
    `SELECT count() AS n FROM ${table} WHERE __run = 'abandoned'`,
  )
  expect(Number(row!.n)).toBe(0)
  await expectExact(platform, 600)
})

test('the tables of a view version that can no longer serve go, once no speed worker keeps them', async () => {
  const platform = await platforms.open(ordersProject())
  const { clickhouse, views } = platform.context
  await feed(platform, 0, 600)
  const old = (await extend(platform))!
  const { topic } = platform.context.project.streams[0]!
  const changed = await platform.reconfigured(projectOn(topic, { where: 'amount > 5' }))
  await changed.speed()
  const oldTables = [speedTable(views[0]!), batchTable(views[0]!)]
  const setAside = `FROM quarantine WHERE topic = '${topic}' AND version = '${views[0]!.version}'`
  const countSetAside = async () =>
    (await clickhouse.rows<{ n: string }>(`SELECT count() AS n ${setAside}`))[0]!.n
  await clickhouse.command(
    `INSERT INTO quarantine (topic, view, version, partition, offset) VALUES ('${topic}', '${views[0]!.name}', '${views[0]!.version}', 0, 1)`,
  )

  for (let generation = 2; generation <= 4; generation++) await runBatchJob(changed.context, { kind: 'full' })
  // Its worker, which came to no beat of its own in so short a life, was heard of a moment ago.
  const beat = JSON.stringify({ streams: [{ views: views.map(({ name, version }) => ({ name, version })) }] })
  await clickhouse.command(`INSERT INTO heartbeats SELECT 'speed', 'old', now64(3), '${beat}'`)
  await collectNow(changed)
  expect((await collectNow(changed)).tables).toEqual([])

  // Nobody has heard of its worker for long.
  await clickhouse.command('TRUNCATE TABLE heartbeats')
  expect((await collectNow(platform)).tables).toEqual([])
  expect(await countSetAside()).toBe('1')
  expect((await collectNow(changed)).tables).toEqual(oldTables)
  expect(await countSetAside()).toBe('0')
  expect((await collectNow(changed)).tables).toEqual([])
  await expectExact(changed, 600)
  await expect(rollBack(changed.context, old.seq)).rejects.toMatchObject({ code: 'ROLLBACK_IMPOSSIBLE' })

  // Whoever goes back to the old definition starts anew.
  const again = await changed.reconfigured(platform.context.project)
  await again.speed()
  await extend(again)
  await expectExact(again, 600)
})
