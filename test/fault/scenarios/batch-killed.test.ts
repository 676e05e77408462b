import { execFileSync } from 'node:child_process'
import { expect } from 'vitest'
import { CRASH_POINT_VARIABLE, type CrashPlace } from '../../../core/io/process/crash-point.ts'
import { readPointer, readPointers } from '../../../core/io/store/pointer-store.ts'
import { BATCH_KIND, batchTable } from '../../../core/sql/tables.ts'
import { until } from '../../support/processes.ts'
import { scheduledJobs } from '../../support/scheduled-jobs.ts'
import { isStopped, killQuietly } from '../../support/system-processes.ts'
import { faultTest, ROUNDS } from '../rig/fault-test.ts'
import { QUICK } from '../rig/project.ts'
import type { Scenario } from '../rig/scenario.ts'
import { withServers } from '../rig/servers.ts'

const servers = withServers()
/** By then the floor has been announced, and its grace has passed. */
const JOBS_UNTIL_COLLECTED = 4
const QUICKLY = { servers, batchEvery: '1 second' } as const

/** Runs of which rows are there and that no generation names. */
async function unpublishedRuns({ clickhouse, views }: Scenario): Promise<string[]> {
  const named = new Set(
    (await readPointers(clickhouse, 1000)).flatMap(pointer =>
      Object.values(pointer.views).flatMap(({ runs }) => runs.map(({ id }) => id)),
    ),
  )
  const found = await Promise.all(
    views.map(({ bound }) =>
      clickhouse.rows<{ run: string }>(`SELECT DISTINCT __run AS run FROM ${batchTable(bound)}`),
    ),
  )
  return found.flat().flatMap(({ run }) => (named.has(run) ? [] : [run]))
}

/** The one worker there is, once it lies still at its crash point. */
async function stillWorker(scenario: Scenario): Promise<number> {
  const still = () => scenario.batchWorkers().filter(isStopped)
  await until('a batch worker lies still', () => still().length === 1)
  return still()[0]!
}

async function atWork(scenario: Scenario): Promise<void> {
  scenario.start('speed')
  await scenario.read()
  scenario.produce()
  await scenario.progress(50)
}

faultTest('fault 19: a batch job is killed while it writes the chunks of a run', QUICKLY, async scenario => {
  await atWork(scenario)
  for (let round = 1; round <= ROUNDS; round++) {
    // The process that folds dies; the layer goes on, and says so.
    const survivor = scenario.start('batch', { crash: 'kill batch: chunk written' })
    await survivor.wrote(/BATCH_WORKER_FAILED/)
    await scenario.archives()
    await survivor.stop()
    // The layer dies, and the process that folds lies still, to come back when others have published.
    const layer = scenario.start('batch', { crash: 'stop batch: chunk written' })
    const worker = await stillWorker(scenario)
    await layer.kill()
    const next = scenario.start('batch')
    await scenario.publishes(2)
    process.kill(worker, 'SIGCONT')
    await until('the worker has ended by itself', () => !scenario.batchWorkers().includes(worker))
    const left = await unpublishedRuns(scenario)
    await until('collection drops the runs that were begun', async () => {
      const present = await unpublishedRuns(scenario)
      return left.every(run => !present.includes(run))
    })
    await next.stop()
  }
  scenario.start('batch')
})

/** How many chunks of a run ClickHouse has. */
async function chunksOf({ clickhouse, views }: Scenario, run: string): Promise<number> {
  const counts = views.map(async ({ bound }) => {
    const [row] = await clickhouse.rows<{ n: string }>(
      `SELECT uniqExact(__chunk) AS n FROM ${batchTable(bound)}
       WHERE __kind = ${BATCH_KIND.chunkTally} AND __run = {run:String}`,
      { params: { run } },
    )
    return Number(row!.n)
  })
  return Math.max(...(await Promise.all(counts)))
}

faultTest(
  'fault 19: a batch job is killed between two chunks of a run, and behind the last one',
  // Jobs come by command alone.
  { servers, batchEvery: '1 hour' },
  async scenario => {
    await atWork(scenario)
    scenario.start('batch')
    await scenario.scheduleRests()
    const chunks = 5 * QUICK['batchChunkRecords']!
    scenario.produce(1000, { records: chunks })
    await scenario.archives(chunks)
    // Each chunk is written for two views: the third is the second one of a run.
    for (const place of ['3 batch: chunk written', 'batch: run written'] as const) {
      const { code, stderr } = await scenario.twofold(['batch', 'run', '--full'], {
        [CRASH_POINT_VARIABLE]: `kill ${place}`,
      })
      expect(code).toBe(1)
      expect(stderr).toContain('BATCH_WORKER_FAILED')
    }
    const begun = (await unpublishedRuns(scenario)).toSorted()
    const [first, second, ...whole] = await Promise.all(begun.map(run => chunksOf(scenario, run)))
    expect([first, second].toSorted()).toEqual([1, 2])
    for (const chunks of whole) expect(chunks).toBeGreaterThan(3)
    // Collection comes with jobs, and drops what was begun.
    for (let job = 1; job <= JOBS_UNTIL_COLLECTED; job++)
      expect(await scenario.twofold(['batch', 'run', '--full'])).toMatchObject({ code: 0 })
    expect(await unpublishedRuns(scenario)).toEqual([])
  },
)

const AROUND_THE_POINTER: readonly CrashPlace[] = [
  'batch: before pointer',
  'batch: pointer inserted',
  'batch: after pointer',
]

faultTest(
  'fault 20: a publisher is killed right before and right after its pointer',
  QUICKLY,
  async scenario => {
    await atWork(scenario)
    for (let round = 1; round <= ROUNDS; round++) {
      for (const place of AROUND_THE_POINTER) {
        const batch = scenario.start('batch', { crash: `kill 2 ${place}` })
        await batch.killed()
      }
    }
    scenario.start('batch')
    await scenario.publishes()
  },
)

faultTest('fault 20: two publishers at once', QUICKLY, async scenario => {
  await atWork(scenario)
  for (let round = 1; round <= ROUNDS; round++) {
    const late = scenario.start('batch', { crash: 'stop 2 batch: before pointer' })
    await late.stopped()
    const other = scenario.start('batch', { env: { TWOFOLD_DATA_DIR: scenario.secondDataDir() } })
    await scenario.publishes()
    late.thaw()
    await late.wrote(/PUBLICATION_SUPERSEDED/)
    await scenario.publishes(2)
    await Promise.all([late.stop(), other.stop()])
  }
  scenario.start('batch')
})

faultTest('fault 20: a roll-back while a job is about to publish', QUICKLY, async scenario => {
  await atWork(scenario)
  const batch = scenario.start('batch', { crash: 'stop 3 batch: before pointer' })
  await batch.stopped()
  const here = { TWOFOLD_DATA_DIR: `${scenario.folder}/data` }
  expect(await scenario.twofold(['batch', 'rollback'], here)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('BATCH_BUSY'),
  })
  expect(await scenario.twofold(['batch', 'rollback'])).toMatchObject({ code: 0 })
  batch.thaw()
  await batch.wrote(/PUBLICATION_SUPERSEDED/)
  // None of several jobs may undo it.
  await scheduledJobs(scenario.clickhouse, 3)
  expect(await readPointer(scenario.clickhouse)).toMatchObject({ seq: 3, rolledBackTo: 1, paused: true })
  expect(await scenario.twofold(['batch', 'resume'])).toMatchObject({ code: 0 })
  await scenario.publishes()
})

faultTest('fault 23: the process in which DuckDB folds is killed', QUICKLY, async scenario => {
  await atWork(scenario)
  const batch = scenario.start('batch')
  await scenario.publishes()
  for (let round = 1; round <= ROUNDS; round++) {
    const before = batch.output.length
    await until('a batch job is killed', () => {
      scenario.batchWorkers().forEach(killQuietly)
      return /BATCH_WORKER_FAILED/.test(batch.output.slice(before))
    })
    await scenario.publishes()
    await scenario.archives()
  }
})

faultTest(
  'fault 23: the process in which DuckDB folds gets no more memory',
  // Jobs come by command alone.
  { servers, batchEvery: '1 hour' },
  async scenario => {
    await atWork(scenario)
    const batch = scenario.start('batch')
    await scenario.scheduleRests()
    await scenario.archives(200)
    expect(await scenario.twofold(['batch', 'run'])).toMatchObject({ code: 0 })
    const published = (await readPointer(scenario.clickhouse))!.seq
    for (let round = 1; round <= ROUNDS; round++) {
      const job = scenario.twofold(['batch', 'run', '--full'], {
        [CRASH_POINT_VARIABLE]: 'stop batch: chunk written',
      })
      const worker = await stillWorker(scenario)
      execFileSync('prlimit', ['--pid', String(worker), '--as=1048576'])
      process.kill(worker, 'SIGCONT')
      const { code, stderr } = await job
      expect(code).toBe(1)
      expect(stderr).toMatch(/DUCKDB_OUT_OF_MEMORY|BATCH_WORKER_FAILED/)
      expect((await readPointer(scenario.clickhouse))!.seq).toBe(published + round - 1)
      expect(batch.hasEnded).toBe(false)
      await scenario.progress(50)
      expect(await scenario.twofold(['batch', 'run', '--full'])).toMatchObject({ code: 0 })
    }
  },
)
