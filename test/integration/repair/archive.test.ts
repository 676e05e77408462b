import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { sweepStaging } from '../../../batch-layer/archive/sweep.ts'
import { repairArchive, runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { lockRepair } from '../../../batch-layer/repair/repair-lock.ts'
import { descriptorName, descriptorText } from '../../../core/io/archive/descriptor.ts'
import { type Files, nodeFiles } from '../../../core/io/files.ts'
import { archiveFolder } from '../../../core/io/layer-context.ts'
import { Ended, ForgetfulDisk, SURVIVALS } from '../../laws/forgetful-disk.ts'
import { bounded } from '../../support/bounded.ts'
import { archiveOf, type DAMAGES, damageSegment, segmentsOf } from '../../support/damage.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'
import { passRetention } from '../../support/retention.ts'

const platforms = withPlatform()

/** A platform with three segments or more in each partition, half of what they hold published. */
async function fed(): Promise<Platform> {
  const platform = await platforms.open(ordersProject(), { archiveSegmentRecords: 60 })
  for (let from = 0; from < 900; from += 300) {
    await platform.produce(orders(from, from + 300))
    await platform.archive()
    if (from === 300) {
      await platform.speed()
      await runBatchJob(platform.context, { kind: 'extend' })
    }
  }
  await platform.speed()
  return platform
}

const verify = ({ context }: Platform) => verifyPlatform(context, () => {})

/** What the archive of a partition holds, in however many segments: they must follow each other. */
function contentOf(platform: Platform, partition: number) {
  const segments = segmentsOf(platform, partition)
  for (const [index, { start }] of segments.entries()) expect(start).toBe(segments[index - 1]?.end ?? 0)
  const digest = segments.reduce((sum, segment) => BigInt.asUintN(64, sum + BigInt(segment.digest)), 0n)
  return {
    end: segments.at(-1)!.end,
    records: segments.reduce((sum, { records }) => sum + records, 0),
    digest: String(digest),
  }
}

const CODES: Record<keyof typeof DAMAGES, readonly string[]> = {
  'a file is missing': ['SEGMENT_DAMAGED'],
  'a file is truncated': ['SEGMENT_DAMAGED'],
  'a bit of a file is flipped': ['SEGMENT_DAMAGED'],
  'a bit of a descriptor is flipped': ['SEGMENT_DAMAGED', 'ARCHIVE_GAP'],
  'a descriptor is truncated': ['SEGMENT_DAMAGED', 'ARCHIVE_GAP'],
  'a descriptor is of another topic': ['SEGMENT_FOREIGN', 'ARCHIVE_GAP'],
  'a descriptor is missing': ['ARCHIVE_GAP', 'SEGMENT_UNLINKED'],
  'both files are missing': ['ARCHIVE_GAP'],
}

describe('verify names it, answers are not affected, and a repair brings the same records back', () => {
  test.each(bounded(Object.entries(CODES) as [keyof typeof DAMAGES, readonly string[]][], 5))(
    '%s',
    async (damage, codes) => {
      const platform = await fed()
      const { context } = platform
      const { topic } = context.project.streams[0]!
      const before = contentOf(platform, 1)
      const { start, end } = damageSegment(platform, 1, 1, damage)

      const report = await verify(platform)
      expect(report.findings).toMatchObject(
        codes.map(code => ({
          code,
          answersAffected: false,
          repair: `twofold repair archive --stream ${topic} --partition 1`,
          details: { topic, partition: 1, ...(code === 'ARCHIVE_GAP' && { start, end }) },
        })),
      )
      // A damaged segment hides nothing: all views were held against the raw events, of which Kafka has the rest.
      expect(report.views.map(({ view, differences }) => [view, differences])).toEqual([
        ['by_country', []],
        ['overall', []],
      ])

      const files = readdirSync(archiveOf(platform, 1))
      const planned = await repairArchive(context, { isDryRun: true })
      expect(planned.partitions).toMatchObject([
        { topic, partition: 1, restored: [{ start, end }], lost: [] },
      ])
      expect(readdirSync(archiveOf(platform, 1))).toEqual(files)

      expect(await repairArchive(context, {})).toMatchObject({
        ok: true,
        partitions: [{ partition: 1, restored: [{ start, end }], lost: [] }],
      })
      expect(contentOf(platform, 1)).toEqual(before)
      await expectExact(platform, 900)
      await runBatchJob(context, { kind: 'full' })
      await expectExact(platform, 900)
      expect(await repairArchive(context, {})).toEqual({ ok: true, isDryRun: false, partitions: [] })
    },
  )
})

test('a segment that overlaps others is set aside, and so is one of another project behind the end', async () => {
  const platform = await fed()
  const { context } = platform
  const segments = segmentsOf(platform, 0)
  const { path, ...inside } = segments[1]!
  const stray = { ...inside, start: inside.start + 5, end: inside.end + 5 }
  const last = segments.at(-1)!
  const behind = { ...inside, topicId: 'BBBBBBBBBBBBBBBBBBBBBB', start: last.end, end: last.end + 10 }
  for (const segment of [stray, behind])
    writeFileSync(join(archiveOf(platform, 0), descriptorName(segment.start)), descriptorText(segment))
  expect((await verify(platform)).findings).toMatchObject([
    { code: 'SEGMENT_FOREIGN', details: { partition: 0, start: last.end } },
    { code: 'SEGMENT_OVERLAP', details: { partition: 0, start: inside.start + 5, end: inside.end + 5 } },
  ])
  const names = [descriptorName(stray.start), descriptorName(behind.start)]
  const { partitions } = await repairArchive(context, {
    stream: context.project.streams[0]!.topic,
    partition: 0,
  })
  expect(partitions).toMatchObject([{ restored: [], lost: [] }])
  expect([...partitions[0]!.setAside].sort()).toEqual(names)
  expect(readdirSync(join(archiveOf(platform, 0), 'quarantine')).sort()).toEqual(names)
  await expectExact(platform, 900)
})

test('the last segments are gone that a generation was made of: they come back up to its cut, and the archiver goes on', async () => {
  const platform = await fed()
  const { context } = platform
  await runBatchJob(context, { kind: 'extend' })
  const before = segmentsOf(platform, 2)
  const count = before.length
  const cut = (await runBatchJob(context, { kind: 'full' }))!.views['overall']!.cut[2]!
  damageSegment(platform, 2, count - 1, 'both files are missing')
  damageSegment(platform, 2, count - 2, 'both files are missing')
  const start = before[count - 2]!.start
  expect((await verify(platform)).findings).toMatchObject([
    { code: 'ARCHIVE_GAP', details: { partition: 2, start, end: cut } },
  ])
  await expect(runBatchJob(context, { kind: 'full' })).rejects.toMatchObject({ code: 'ARCHIVE_BEHIND' })
  await repairArchive(context, {})
  expect(segmentsOf(platform, 2).at(-1)!.end).toBe(cut)
  await platform.archive()
  expect(segmentsOf(platform, 2).at(-1)!.end).toBe(before.at(-1)!.end)
  await runBatchJob(context, { kind: 'full' })
  await expectExact(platform, 900)
})

test('what Kafka no longer has is named, and left as it is, while all else is repaired', async () => {
  const platform = await fed()
  const { context } = platform
  await runBatchJob(context, { kind: 'extend' })
  const first = damageSegment(platform, 1, 0, 'a bit of a file is flipped')
  const lost = damageSegment(platform, 1, 1, 'a descriptor is missing')
  await passRetention(platforms.admin, platform, 0.5)
  const { earliest } = (await context.driver.offsets(context.project.streams[0]!.topic)).get(1)!
  const late = damageSegment(platform, 1, -1, 'a file is truncated')
  const files = readdirSync(archiveOf(platform, 1))

  const report = await verify(platform)
  expect(report.findings.map(({ code, repair }) => [code, repair === undefined])).toEqual([
    ['SEGMENT_DAMAGED', false],
    ['SEGMENT_DAMAGED', false],
    ['ARCHIVE_GAP', false],
    ['SEGMENT_UNLINKED', false],
    ['RAW_EVENTS_MISSING', true],
    ['RAW_EVENTS_MISSING', true],
  ])
  expect(report.findings.at(-1)!.hint).toContain('restore the segment from a copy')

  const repaired = await repairArchive(context, {})
  expect(repaired).toMatchObject({
    ok: false,
    partitions: [
      {
        partition: 1,
        restored: [{ start: late.start, end: late.end }],
        lost: [
          { start: first.start, end: first.end, goneStart: first.start, goneEnd: first.end },
          { start: lost.start, end: lost.end, goneStart: lost.start, goneEnd: Math.min(lost.end, earliest) },
        ],
      },
    ],
  })
  for (const name of files.filter(name => Number(name.slice(0, 20)) < late.start))
    expect(existsSync(join(archiveOf(platform, 1), name)), name).toBe(true)
  expect(segmentsOf(platform, 1).at(-1)).toMatchObject({ start: late.start, digest: late.digest })
})

test('where Kafka tells other records than were archived, nothing is changed', async () => {
  const platform = await fed()
  const { context } = platform
  const { path, ...segment } = segmentsOf(platform, 1)[1]!
  // A descriptor of records that Kafka never had, and a file that is gone.
  writeFileSync(path, descriptorText({ ...segment, digest: '7', file: 'gone.parquet' }))
  const files = readdirSync(archiveOf(platform, 1))
  await expect(repairArchive(context, {})).rejects.toMatchObject({
    code: 'REPAIR_DIFFERS',
    details: {
      partition: 1,
      start: segment.start,
      archived: { digest: '7' },
      kafka: { digest: segment.digest },
    },
  })
  expect(readdirSync(archiveOf(platform, 1))).toEqual(files)
})

test('archivers that start while a repair is at work leave its files alone', async () => {
  const platform = await fed()
  const { context } = platform
  const before = contentOf(platform, 0)
  damageSegment(platform, 0, 0, 'a bit of a file is flipped')
  damageSegment(platform, 0, 1, 'a bit of a file is flipped')
  const [first] = segmentsOf(platform, 0)
  const files: Files = {
    ...nodeFiles,
    async replace(path, name) {
      // What they know of the archive is of the moment before; they sweep when the descriptor has been replaced.
      const known = { segments: [first!], end: before.end }
      await nodeFiles.replace(path, name)
      await sweepStaging(nodeFiles, archiveOf(platform, 0), known)
    },
    async sync(path) {
      await nodeFiles.sync(path)
      await platform.archive()
    },
  }
  expect(await repairArchive(context, { files })).toMatchObject({ ok: true })
  expect(contentOf(platform, 0)).toEqual(before)
  await expectExact(platform, 900)
})

test('one repair at a time; a stream or a partition that is not there is told', async () => {
  const platform = await platforms.open(ordersProject())
  const lock = await lockRepair(platform.context)
  await expect(repairArchive(platform.context, {})).rejects.toMatchObject({ code: 'REPAIR_BUSY' })
  lock.release()
  await expect(repairArchive(platform.context, { stream: 'none' })).rejects.toMatchObject({
    code: 'STREAM_UNKNOWN',
  })
  await expect(repairArchive(platform.context, { partition: 99 })).rejects.toMatchObject({
    code: 'PARTITION_NOT_FOUND',
    message: expect.stringContaining('There is no partition 99 of'),
  })
  expect(await repairArchive(platform.context, { partition: 0 })).toMatchObject({ ok: true, partitions: [] })
})

const WAYS = ['kill', ...SURVIVALS] as const
/** `npm run test:repair` ends it before each of its steps; else each way has steps of its own. */
const STRIDE = process.env['FAULT_FULL'] === '1' ? 1 : 2 * WAYS.length

test.each(WAYS)(
  'a repair that ends before any of its steps on the disk, by %s, leaves an archive that the next one mends',
  { timeout: 600_000 },
  async by => {
    const platform = await fed()
    const { context } = platform
    const before = contentOf(platform, 0)
    let beforeStep = STRIDE === 1 ? 1 : 1 + 2 * WAYS.indexOf(by)
    for (; ; beforeStep += STRIDE) {
      // Each name in it that is taken already would be a step more.
      rmSync(join(archiveOf(platform, 0), 'quarantine'), { recursive: true, force: true })
      damageSegment(platform, 0, 0, 'a bit of a file is flipped')
      damageSegment(platform, 0, 1, 'a descriptor is truncated')
      const disk = new ForgetfulDisk(archiveFolder(context))
      const ended = await repairArchive(context, { files: disk.files({ beforeStep, by }) }).catch(
        error => error,
      )
      if (!(ended instanceof Error)) break
      expect(ended).toBeInstanceOf(Ended)
      expect(await repairArchive(context, {})).toMatchObject({ ok: true })
      expect(contentOf(platform, 0), `ended before step ${beforeStep}`).toEqual(before)
      expect(await repairArchive(context, {})).toMatchObject({ partitions: [] })
    }
    expect(beforeStep).toBeGreaterThan(25)
    await expectExact(platform, 900)
  },
)
