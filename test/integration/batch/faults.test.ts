import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readArchived } from '../../../batch-layer/archived.ts'
import { runBatchJob, verifyPlatform } from '../../../batch-layer/commands.ts'
import { executePlan } from '../../../batch-layer/recompute/execute.ts'
import { planJob } from '../../../batch-layer/recompute/plan.ts'
import { takeInventory, verifyRun } from '../../../batch-layer/recompute/verify-run.ts'
import { descriptorText, parseDescriptor } from '../../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../../core/io/archive/segment-chain.ts'
import { nodeFiles } from '../../../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../../../core/io/layer-context.ts'
import { readJobs } from '../../../core/io/store/job-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from '../../../core/sql/tables.ts'
import { bounded } from '../../support/bounded.ts'
import { expectExact } from '../../support/exactness.ts'
import { orders, ordersProject } from '../../support/orders.ts'
import { type Platform, withPlatform } from '../../support/platform.ts'

const platforms = withPlatform()

/** A platform whose layers have all of the records number 0 up to `to`, in segments of about 100. */
async function fed(to: number, options: Readonly<Record<string, number>> = {}): Promise<Platform> {
  const platform = await platforms.open(ordersProject(), { archiveSegmentRecords: 100, ...options })
  for (let from = 0; from < to; from += 300) {
    await platform.produce(orders(from, Math.min(to, from + 300)))
    await platform.archive()
  }
  await platform.speed()
  return platform
}

/** The processes of this one that fold a batch job. */
function workers(): number[] {
  const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  return lines
    .split('\n')
    .filter(line => line.includes('recompute/worker.js'))
    .map(line => Number.parseInt(line, 10))
}

describe('a worker that dies', () => {
  test('by SIGKILL in the middle of a run publishes nothing, and the next job is exact', async () => {
    const platform = await fed(1800, { batchChunkRecords: 1000 })
    const { context } = platform
    let killed = 0
    const job = runBatchJob(context, {
      kind: 'full',
      onProgress: () => {
        for (const pid of workers()) {
          process.kill(pid, 'SIGKILL')
          killed += 1
        }
      },
    })
    await expect(job).rejects.toMatchObject({ code: 'BATCH_WORKER_FAILED', details: { signal: 'SIGKILL' } })
    expect(killed).toBe(1)
    expect(await readPointer(context.clickhouse)).toBeUndefined()
    const [left] = await context.clickhouse.rows<{ n: string }>(
      `SELECT count() AS n FROM ${batchTable(context.views[0]!)}`,
    )
    expect(Number(left!.n)).toBeGreaterThan(0)
    await expectExact(platform, 1800)
    expect(await runBatchJob(context, { kind: 'full' })).toMatchObject({ seq: 1 })
    await expectExact(platform, 1800)
  })

  test('fault 23: for want of the memory that DuckDB may have fails by that name, and the service goes on', async () => {
    const platform = await fed(600)
    const { context } = platform
    const starved: LayerContext = { ...context, options: { ...context.options, batchMemoryMb: 1 } }
    const failure = { code: 'DUCKDB_OUT_OF_MEMORY' }
    await expect(runBatchJob(starved, { kind: 'full' })).rejects.toMatchObject(failure)
    expect(workers()).toEqual([])
    expect((await readJobs(context.clickhouse, 1))[0]).toMatchObject({ state: 'failed', error: failure })
    await expectExact(platform, 600)
    expect(await runBatchJob(context, { kind: 'full' })).toMatchObject({ seq: 1 })
  })

  test('because the service is asked to stop leaves the published generation', async () => {
    const platform = await fed(900, { batchChunkRecords: 1000 })
    const stopping = new AbortController()
    const job = runBatchJob(platform.context, {
      kind: 'full',
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    })
    await expect(job).rejects.toMatchObject({ code: 'BATCH_STOPPED' })
    expect(workers()).toEqual([])
    await expectExact(platform, 900)
  })
})

test('two jobs at once on one data directory: the second is told that one is at work', async () => {
  const platform = await fed(300)
  const [first, second] = await Promise.allSettled([
    runBatchJob(platform.context, { kind: 'full' }),
    runBatchJob(platform.context, { kind: 'full' }),
  ])
  expect(first).toMatchObject({ status: 'fulfilled' })
  expect(second).toMatchObject({ status: 'rejected', reason: { code: 'BATCH_BUSY' } })
})

describe('an archive that is not what it was stops publication and is named', () => {
  const folderOf = ({ context }: Platform) =>
    partitionFolder(archiveFolder(context), context.project.streams[0]!.topic, 1)
  const file = (platform: Platform, ending: string, index: number) =>
    join(
      folderOf(platform),
      readdirSync(folderOf(platform))
        .filter(name => name.endsWith(ending))
        .sort()
        .at(index)!,
    )
  const foreign = (bytes: Buffer) =>
    Buffer.from(descriptorText({ ...parseDescriptor(bytes.toString(), ''), topicId: 'another' }))
  const flipped = (bytes: Buffer) =>
    bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 4 : byte))

  test('whatever is wrong with it', async () => {
    const platform = await fed(900)
    const { context } = platform
    const cases: [code: string, path: string, damage: (bytes: Buffer) => Uint8Array | undefined][] = [
      ['SEGMENT_DAMAGED', file(platform, '.parquet', 1), flipped],
      ['SEGMENT_DAMAGED', file(platform, '.parquet', 0), () => undefined],
      ['SEGMENT_DAMAGED', file(platform, '.json', 1), bytes => bytes.subarray(0, 40)],
      ['SEGMENT_FOREIGN', file(platform, '.json', 0), foreign],
      ['ARCHIVE_GAP', file(platform, '.json', 1), () => undefined],
    ]
    for (const [code, path, damage] of cases) {
      const whole = readFileSync(path)
      const damaged = damage(whole)
      if (damaged === undefined) rmSync(path)
      else writeFileSync(path, damaged)
      // A gap is known by its offsets, all else by the file.
      const message = expect.stringContaining(code === 'ARCHIVE_GAP' ? 'partition 1' : path)
      await expect(runBatchJob(context, { kind: 'full' })).rejects.toMatchObject({ code, message })
      expect((await verifyPlatform(context, () => {})).findings[0]).toMatchObject({ code, message })
      writeFileSync(path, whole)
    }
    expect(await readPointer(context.clickhouse)).toBeUndefined()
    await expectExact(platform, 900)
  })

  test('the last segments are gone that a generation was made of', async () => {
    const platform = await fed(900)
    await runBatchJob(platform.context, { kind: 'extend' })
    const last = file(platform, '.json', -1)
    renameSync(last, `${last}.moved`)
    await expect(runBatchJob(platform.context, { kind: 'full' })).rejects.toMatchObject({
      code: 'ARCHIVE_BEHIND',
    })
  })
})

describe('a run is held against the archive before it is published', () => {
  test.each(
    bounded(
      [
        [
          'a partial',
          `__kind = ${BATCH_KIND.partial} AND __bucket = (SELECT min(__bucket) FROM TABLE WHERE __kind = 0)`,
        ],
        ['the tally of a chunk', `__kind = ${BATCH_KIND.chunkTally} AND __chunk = 1`],
        ['the tally of a block', `__kind = ${BATCH_KIND.blockTally} AND __block = 64 AND __partition = 0`],
      ],
      2,
    ),
  )('%s is missing', async (_, condition) => {
    const platform = await fed(1800, { batchChunkRecords: 1000 })
    const { context } = platform
    const { clickhouse, views } = context
    const archive = archiveFolder(context)
    const archived = await readArchived(context)
    const plan = planJob({
      id: 'by-hand',
      kind: 'full',
      views,
      pointer: undefined,
      archived,
      decoders: new Map(),
      chunkRecords: 1000,
    })!
    const session = await context.duckdb.session()
    await executePlan({ clickhouse, session, files: nodeFiles, archive, onProgress: () => {} }, plan)
    const fold = plan.folds[0]!
    const verify = async () => {
      const inventory = await takeInventory(session, archive, fold)
      return Promise.all(
        fold.views.map(({ view, run }) => verifyRun(clickhouse, view, run, fold.chunks.length, inventory)),
      )
    }
    expect(await verify()).toHaveLength(2)
    const table = batchTable(views[1]!)
    await clickhouse.command(`ALTER TABLE ${table} DELETE WHERE ${condition.replace('TABLE', table)}`, {
      settings: { mutations_sync: 1 },
    })
    await expect(verify()).rejects.toMatchObject({
      code: 'RUN_MISMATCH',
      details: { view: 'overall', run: 'by-hand.0.overall' },
    })
  })
})

describe('what the layers differ in is found at the next publication, told, and healed by it', () => {
  test.each(
    bounded(
      [
        [
          'a marker that counts what was not there',
          'markers',
          `SELECT * REPLACE (1000 AS __seq, 5 AS __accepted) FROM TABLE WHERE __kind = ${SPEED_KIND.marker} AND __partition = 1 AND __block = 64`,
        ],
        [
          'a partial that stands twice',
          'partials',
          `SELECT * FROM TABLE WHERE __kind = ${SPEED_KIND.partial} AND __partition = 1 AND __block = 64`,
        ],
      ],
      2,
    ),
  )('%s', async (_, what, rows) => {
    const platform = await fed(900)
    const { context } = platform
    const table = speedTable(context.views[0]!)
    await context.clickhouse.command(`INSERT INTO ${table} ${rows.replace('TABLE', table)}`)
    expect((await verifyPlatform(context, () => {})).ok).toBe(false)
    await runBatchJob(context, { kind: 'extend' })
    const drift = { view: 'by_country', partition: 1, block: 64, what }
    expect((await readJobs(context.clickhouse, 1))[0]).toMatchObject({ state: 'done', drift: [drift] })
    expect(platform.logged).toMatchObject([{ level: 'warn', fields: { drift: [drift] } }])
    await expectExact(platform, 900)
  })
})
