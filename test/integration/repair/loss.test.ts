import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import {
  acceptLoss,
  repairArchive,
  repairChain,
  rollBack,
  runBatchJob,
  type VerifyReport,
  verifyPlatform,
} from '../../../batch-layer/commands.ts'
import { archiveFolder } from '../../../core/io/layer-context.ts'
import { type BatchHeartbeat, writeHeartbeat } from '../../../core/io/store/heartbeats.ts'
import { readJobs } from '../../../core/io/store/job-store.ts'
import type { Coverage } from '../../../serving/query/coverage.ts'
import { buildChain } from '../../../speed-layer/build-chain.ts'
import { openRunner } from '../../laws/check.ts'
import { Ended, ForgetfulDisk, SURVIVALS } from '../../laws/forgetful-disk.ts'
import { archiveOf, damageSegment, segmentsOf } from '../../support/damage.ts'
import { BLOCK, countInOverall, orders, ordersProject, projectOn } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { passRetention } from '../../support/retention.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const platforms = withPlatform()

// Each runs several batch jobs, each of them in a process that loads the whole layer.
vi.setConfig({ testTimeout: 600_000 })

/** Offsets 200 to 300 are lost: archived are those below, Kafka has those from there to 400. */
const LOST = { partition: 0, start: 200, end: 300 }
const REST = countInOverall(200) + countInOverall(400) - countInOverall(300)

/** A platform whose archiver stands still, for Kafka has deleted what comes next. Its speed layer has read up to `read`. */
async function bereft(read: 200 | 400): Promise<Platform> {
  const platform = await platforms.open(ordersProject({ partitions: 1 }), { archiveSegmentRecords: 60 })
  await platform.produce(orders(0, 200, 1))
  await platform.archive()
  await platform.speed()
  await runBatchJob(platform.context, { kind: 'extend' })
  await platform.produce(orders(200, 400, 1))
  if (read === 400) await platform.speed()
  await passRetention(platforms.admin, platform, 0.75)
  await expect(platform.archive()).rejects.toMatchObject({ code: 'RETENTION_PASSED' })
  return platform
}

async function cover({ context }: Platform): Promise<Coverage> {
  const { coverage } = await openRunner(context.clickhouse, context.views).ask({ view: 'overall' })
  return coverage
}

const verify = ({ context }: Platform) => verifyPlatform(context, () => {})

/** All that is not lost stands in answers, once and with its value, and they say what is not. */
async function expectAllButLost(platform: Platform): Promise<VerifyReport> {
  const report = await verify(platform)
  expect(report.findings).toEqual([])
  expect(report.streams).toMatchObject([{ lost: [LOST] }])
  expect(report.views.find(({ view }) => view === 'overall')).toMatchObject({ events: REST })
  const coverage = await cover(platform)
  expect(coverage).toMatchObject({ lost: 100, complete: false, through: { 0: 400 } })
  expect(coverage.records.batch + coverage.records.speed).toBe(REST)
  return report
}

test('without --yes it tells what is lost; declared, both layers go on behind it, and every answer says so', async () => {
  const platform = await bereft(200)
  const { context } = platform
  const { topic } = context.project.streams[0]!
  const files = readdirSync(archiveOf(platform, 0))
  const loss = { topic, ...LOST, files: [] }
  expect(await acceptLoss(context, {})).toEqual({ isDeclared: false, partitions: [loss] })
  expect(readdirSync(archiveOf(platform, 0))).toEqual(files)

  expect(await acceptLoss(context, { isAccepted: true })).toEqual({ isDeclared: true, partitions: [loss] })
  const declared = segmentsOf(platform, 0)
  expect(declared.at(-1)).toMatchObject({ start: 200, end: 300, lost: 100, records: 0, digest: '0' })
  expect(await acceptLoss(context, { isAccepted: true })).toEqual({ isDeclared: true, partitions: [] })
  expect(segmentsOf(platform, 0)).toEqual(declared)

  // What is archived ends within a block, and so does what is lost.
  expect((await runBatchJob(context, { kind: 'extend' }))!.views['overall']!.cut).toEqual({ 0: 256 })
  expect(await cover(platform)).toMatchObject({ lost: 256 - 200, complete: false, through: { 0: 256 } })
  await platform.speed()
  await expectAllButLost(platform)
  await platform.archive()
  await expectAllButLost(platform)
  for (const kind of ['extend', 'full'] as const) {
    const { views, seq } = (await runBatchJob(context, { kind }))!
    expect(views['overall']!.cut).toEqual({ 0: 384 })
    expect(await expectAllButLost(platform)).toMatchObject({ views: [{ generation: seq }, {}] })
  }
  await rollBack(context, 1)
  await expectAllButLost(platform)
})

test('what a chain has read before it was lost stays in answers until a publication passes it', async () => {
  const platform = await bereft(400)
  const { context } = platform
  await acceptLoss(context, { isAccepted: true })
  await platform.archive()
  const before = await cover(platform)
  expect(before).toMatchObject({ lost: 0, complete: true, through: { 0: 400 } })
  expect(before.records.batch + before.records.speed).toBe(countInOverall(400))
  // Nobody else has these records: of their values nothing can be said.
  const { findings, views } = await verify(platform)
  expect(findings.map(({ code, answersAffected }) => [code, answersAffected])).toEqual([
    ['RAW_EVENTS_MISSING', false],
    ['RAW_EVENTS_MISSING', false],
  ])
  expect(findings[0]!.message).toContain('partition 0, offsets 200 to 300')
  expect(views).toEqual([])

  for (const kind of ['extend', 'full'] as const) {
    await runBatchJob(context, { kind })
    await expectAllButLost(platform)
  }
  // Known losses are no drift of the layers.
  const jobs = await readJobs(context.clickhouse, 10)
  expect(jobs.map(({ state, drift }) => [state, drift])).toEqual([
    ['done', []],
    ['done', []],
    ['done', []],
  ])
})

test('a chain that is built anew, and a view that is changed, tell of what is lost', async () => {
  const platform = await bereft(400)
  const { context } = platform
  await acceptLoss(context, { isAccepted: true })
  await platform.archive()
  await repairChain(context, {
    view: 'overall',
    build: (chain, signal) => buildChain(context, chain, signal),
  })
  expect(await cover(platform)).toMatchObject({ lost: 100, complete: false, through: { 0: 400 } })
  const changed = await platform.reconfigured(
    projectOn(context.project.streams[0]!.topic, { partitions: 1, where: 'amount > 7' }),
  )
  await changed.speed()
  await runBatchJob(changed.context, { kind: 'extend' })
  await expectAllButLost(changed)
})

test('a lost range of many blocks is lost block by block', async () => {
  const platform = await platforms.open(ordersProject({ partitions: 1 }))
  const { context } = platform
  await platform.produce(orders(0, 20, 1))
  await platform.archive()
  await platform.produce(orders(20, 20 + 10 * BLOCK, 1))
  await passRetention(platforms.admin, platform, 0.9)
  const { partitions } = await acceptLoss(context, { isAccepted: true })
  const { start, end } = partitions[0]!
  expect(end - start).toBeGreaterThan(8 * BLOCK)
  await platform.archive()
  await platform.speed()
  for (const kind of ['extend', 'full'] as const) {
    await runBatchJob(context, { kind })
    expect((await verify(platform)).findings).toEqual([])
    expect(await cover(platform)).toMatchObject({ lost: end - start, complete: false })
  }
  expect((await readJobs(context.clickhouse, 10)).flatMap(({ drift }) => drift)).toEqual([])
})

describe('it refuses', () => {
  test('where an archiver is at work, which may hold the records', async () => {
    const platform = await bereft(200)
    const { context } = platform
    const { topic } = context.project.streams[0]!
    const say = async (error: string | undefined) => {
      const partitions = [{ partition: 0, archivedEnd: 200, lost: 0 }]
      const streams = [{ topic, partitions, error }]
      const body: BatchHeartbeat = { streams, job: undefined, nextJobAtMs: undefined, lastError: undefined }
      await writeHeartbeat(context.clickhouse, { layer: 'batch', instance: 'other', body })
    }
    await say(undefined)
    for (const isAccepted of [false, true]) {
      await expect(acceptLoss(context, { isAccepted })).rejects.toMatchObject({
        code: 'ARCHIVER_AT_WORK',
        details: { topic, ...LOST },
      })
    }
    expect(segmentsOf(platform, 0).at(-1)!.end).toBe(200)
    await say('it stopped')
    expect(await acceptLoss(context, { isAccepted: true })).toMatchObject({ partitions: [LOST] })
  })

  test('where nothing is lost, or nothing is there of what was named', async () => {
    const platform = await bereft(200)
    for (const [named, code] of [
      [{ partition: 1 }, 'PARTITION_NOT_FOUND'],
      [{ stream: 'none' }, 'STREAM_UNKNOWN'],
    ] as const)
      await expect(acceptLoss(platform.context, { ...named, isAccepted: true })).rejects.toMatchObject({
        code,
      })
    const whole = await platforms.open(ordersProject({ partitions: 1 }))
    await whole.produce(orders(0, 100, 1))
    await whole.archive()
    await passRetention(platforms.admin, whole, 1)
    expect(await acceptLoss(whole.context, { isAccepted: true })).toMatchObject({ partitions: [] })
    expect(segmentsOf(whole, 0)).toHaveLength(1)
  })

  test('where the topic is another one', async () => {
    const platform = await bereft(200)
    const { topic, topicSettings } = platform.context.project.streams[0]!
    await platforms.admin.deleteTopics({ topics: [topic] })
    await expect(acceptLoss(platform.context, { isAccepted: true })).rejects.toMatchObject({
      code: 'TOPIC_RECREATED',
    })
    await platform.context.driver.createTopic(topic, topicSettings)
    await expect(acceptLoss(platform.context, { isAccepted: true })).rejects.toMatchObject({
      code: 'TOPIC_RECREATED',
    })
    expect(segmentsOf(platform, 0).at(-1)!.end).toBe(200)
  })

  test('where segments are missing, which may be restored', async () => {
    const platform = await bereft(200)
    damageSegment(platform, 0, 0, 'both files are missing')
    await expect(acceptLoss(platform.context, { isAccepted: true })).rejects.toMatchObject({
      code: 'ARCHIVE_BEHIND',
      details: { archived: 0, published: 192 },
    })
    const gap = await platforms.open(ordersProject({ partitions: 1 }))
    for (const from of [0, 100]) {
      await gap.produce(orders(from, from + 100, 1))
      await gap.archive()
    }
    damageSegment(gap, 0, 0, 'both files are missing')
    await expect(acceptLoss(gap.context, { isAccepted: true })).rejects.toMatchObject({
      code: 'ARCHIVE_GAP',
    })
  })
})

test('a file that a killed archiver left, which may hold the records, is named and kept', async () => {
  const platform = await bereft(200)
  const file = '00000000000000000200-left.parquet'
  writeFileSync(join(archiveOf(platform, 0), file), 'records')
  expect(await acceptLoss(platform.context, {})).toMatchObject({ partitions: [{ files: [file] }] })
  await acceptLoss(platform.context, { isAccepted: true })
  await platform.archive()
  await platform.archive()
  expect(existsSync(join(archiveOf(platform, 0), file))).toBe(false)
  expect(existsSync(join(archiveOf(platform, 0), 'quarantine', file))).toBe(true)
})

test('a lost segment whose file is damaged is written again, without Kafka', async () => {
  const platform = await bereft(200)
  await acceptLoss(platform.context, { isAccepted: true })
  damageSegment(platform, 0, -1, 'a file is missing')
  expect((await verify(platform)).findings[0]).toMatchObject({ code: 'SEGMENT_DAMAGED', details: LOST })
  expect(await repairArchive(platform.context, {})).toMatchObject({
    ok: true,
    partitions: [{ restored: [{ start: 200, end: 300 }] }],
  })
  await platform.archive()
  await platform.speed()
  await expectAllButLost(platform)
})

/** As if nothing had ever been declared. */
function forget(platform: Platform): void {
  const folder = archiveOf(platform, 0)
  for (const name of readdirSync(folder).filter(name => Number(name.slice(0, 20)) === LOST.start))
    rmSync(join(folder, name))
  rmSync(join(folder, 'quarantine'), { recursive: true, force: true })
}

const WAYS = ['kill', ...SURVIVALS] as const
/** `npm run test:repair` ends it before each of its steps; else each way has steps of its own. */
const STRIDE = process.env['FAULT_FULL'] === '1' ? 1 : WAYS.length

test('one that ends before any of its steps on the disk is taken up by the next, and declares it once', async () => {
  const platform = await bereft(200)
  const { context } = platform
  for (const [index, by] of WAYS.entries()) {
    let beforeStep = STRIDE === 1 ? 1 : 1 + index
    for (; ; beforeStep += STRIDE) {
      const disk = new ForgetfulDisk(archiveFolder(context))
      const options = { isAccepted: true, files: disk.files({ beforeStep, by }) }
      const ended = await acceptLoss(context, options).catch(error => error)
      if (ended instanceof Error) expect(ended).toBeInstanceOf(Ended)
      await acceptLoss(context, { isAccepted: true })
      const segments = segmentsOf(platform, 0)
      expect(segments.at(-1), `ended by ${by} before step ${beforeStep}`).toMatchObject({
        ...LOST,
        lost: 100,
      })
      expect(segments.at(-2)!.end).toBe(200)
      forget(platform)
      if (!(ended instanceof Error)) break
    }
    expect(beforeStep).toBeGreaterThan(8)
  }
  await acceptLoss(context, { isAccepted: true })
  await platform.archive()
  await platform.speed()
  await runBatchJob(context, { kind: 'full' })
  await expectAllButLost(platform)
})

test('several at once, and archivers that come between, declare it once', async () => {
  const platform = await bereft(200)
  const { context } = platform
  // One repair at a time works on a data directory; another has the same archive.
  const elsewhere = temporaryFolder()
  symlinkSync(archiveFolder(context), join(elsewhere, 'archive'))
  const declared = await Promise.all([
    acceptLoss(context, { isAccepted: true }),
    acceptLoss({ ...context, dataDir: elsewhere }, { isAccepted: true }),
    platform.archive().catch(error => expect(error).toMatchObject({ code: 'RETENTION_PASSED' })),
  ])
  expect(declared[0].partitions.length + declared[1].partitions.length).toBe(1)
  await acceptLoss(context, { isAccepted: true })
  await platform.archive()
  expect(segmentsOf(platform, 0).filter(({ lost }) => lost !== undefined)).toMatchObject([
    { ...LOST, lost: 100 },
  ])
  await platform.speed()
  await expectAllButLost(platform)
})
