import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { decoderId } from '../core/io/decoder-id.ts'
import { archiveFolder, type LayerContext } from '../core/io/layer-context.ts'
import { errorFields } from '../core/io/log.ts'
import { crashPoint } from '../core/io/process/crash-point.ts'
import { acquireInstanceLock, type InstanceLock } from '../core/io/process/instance-lock.ts'
import { type JobRecord, saveJob } from '../core/io/store/job-store.ts'
import { publishPointer, readPointer } from '../core/io/store/pointer-store.ts'
import { TwofoldError } from '../core/model/errors.ts'
import { type HeldView, heldText } from '../core/model/held-view.ts'
import type { Pointer } from '../core/model/pointer.ts'
import { recordsOf, type Tally } from '../core/model/tally.ts'
import { readArchived } from './archived.ts'
import { auditPlan } from './audit/audit-plan.ts'
import type { Drift } from './audit/drift.ts'
import { collect } from './publish/collect.ts'
import { viewsToHold } from './publish/hold-back.ts'
import { nextPointer } from './publish/next-pointer.ts'
import { supersededOr } from './publish/superseded-or.ts'
import { changesAnything, type JobKind, type JobPlan, planJob, withoutRunsOf } from './recompute/plan.ts'
import { runInWorker } from './recompute/run-worker.ts'

export interface JobOptions {
  readonly kind: JobKind
  /** Does nothing where a roll-back has paused the schedule. */
  readonly isScheduled?: boolean
  readonly onProgress?: (done: number, total: number, text: string) => void
  /** Hears of views whose new version has to wait, instead of the log. */
  readonly onHeld?: (held: readonly HeldView[]) => void
  /** Ends the job: nothing is published. */
  readonly signal?: AbortSignal
}

/**
 * One batch job from beginning to end: plan, run in a worker, verify, audit, publish, collect. One at a time works on
 * a data directory; the pointer's compare-and-swap guards against those elsewhere.
 *
 * @returns the generation it published, or the one that goes on serving where all there was to publish has to wait;
 *   `undefined` where there was nothing to do or the schedule is paused
 * @throws BATCH_BUSY, BATCH_STOPPED, RUN_MISMATCH, SEGMENT_DAMAGED, PUBLICATION_SUPERSEDED, …: the generation before still serves
 */
export async function runBatchJob(context: LayerContext, options: JobOptions): Promise<Pointer | undefined> {
  const lock = await lockBatch(context)
  try {
    const { clickhouse } = context
    const pointer = await readPointer(clickhouse)
    // Of the very pointer the job plans on: a roll-back that comes later supersedes the job.
    if (options.isScheduled === true && pointer?.paused === true) return undefined
    const plan = planJob({
      id: newJobId(Date.now()),
      kind: options.kind,
      views: context.views,
      pointer,
      archived: await readArchived(context),
      decoders: new Map(context.project.streams.map(stream => [stream.topic, decoderId(stream)])),
      chunkRecords: context.options.batchChunkRecords,
    })
    const published =
      plan === undefined
        ? undefined
        : await recorded(context, plan, () => execute(context, plan, pointer, options))
    const { keepGenerations: keep, collectionGraceMs: graceMs, collectionMinRows: minRows } = context.options
    await collect(clickhouse, { keep, graceMs, minRows, configured: context.views })
    return published
  } finally {
    lock.release()
  }
}

/** What a job came to, for its record. */
interface Outcome {
  readonly pointer: Pointer
  readonly records: number
  readonly drift: readonly Drift[]
  readonly held: readonly HeldView[]
}

async function execute(
  context: LayerContext,
  planned: JobPlan,
  current: Pointer | undefined,
  options: JobOptions,
): Promise<Outcome> {
  const { clickhouse, log } = context
  // Before anything is folded for a version that could not be published yet, …
  const early = await viewsToHold(clickhouse, planned, current)
  const plan = withoutRunsOf(planned, namesOf(early))
  const tallies = await work(context, plan, options).catch(cause => supersededOr(clickhouse, plan, cause))
  // Before publication, so that what goes wrong here leaves a failed job and not a published one that seems to be.
  const drift = await auditPlan(clickhouse, plan)
  // … and again, for the old version has gone on meanwhile.
  const held = [...early, ...(await viewsToHold(clickhouse, withoutViews(plan, namesOf(early)), current))]
  tellHeld(context, options, held)
  const isPublished = changesAnything(plan, namesOf(held))
  const pointer = isPublished ? nextPointer(plan, current, tallies, namesOf(held), Date.now()) : current!
  if (isPublished) {
    crashPoint('batch: before pointer')
    await publishPointer(clickhouse, pointer)
    crashPoint('batch: after pointer')
  }
  if (drift.length > 0)
    log.warn(`the layers differed in ${drift.length} blocks; generation ${pointer.seq} has healed them`, {
      drift,
    })
  return {
    pointer,
    records: Object.values(tallies).reduce((sum, tally) => sum + recordsOf(tally), 0),
    drift,
    held,
  }
}

function namesOf(held: readonly HeldView[]): ReadonlySet<string> {
  return new Set(held.map(({ view }) => view))
}

function withoutViews({ views }: JobPlan, names: ReadonlySet<string>): Pick<JobPlan, 'views'> {
  return { views: views.filter(({ view }) => !names.has(view.name)) }
}

function tellHeld({ log }: LayerContext, { onHeld }: JobOptions, held: readonly HeldView[]): void {
  if (held.length === 0) return
  if (onHeld !== undefined) onHeld(held)
  else for (const view of held) log.info(heldText(view), { ...view })
}

async function work(
  context: LayerContext,
  plan: JobPlan,
  options: JobOptions,
): Promise<Readonly<Record<string, Tally>>> {
  if (plan.folds.length === 0) return {}
  const tempDirectory = join(context.dataDir, 'tmp')
  const logs = join(context.dataDir, 'logs')
  for (const folder of [tempDirectory, logs]) mkdirSync(folder, { recursive: true })
  const settings = {
    plan,
    clickhouse: context.clickhouseConnection,
    archive: archiveFolder(context),
    memoryLimitMb: context.options.batchMemoryMb,
    threads: context.options.batchThreads,
    tempDirectory,
  }
  const onProgress = (done: number, total: number) =>
    options.onProgress?.(done, total, `${plan.kind} ${plan.id}`)
  return runInWorker(settings, join(logs, 'batch-worker.log'), onProgress, options.signal)
}

/** Keeps a record of the job, whatever becomes of it. */
async function recorded(context: LayerContext, plan: JobPlan, run: () => Promise<Outcome>): Promise<Pointer> {
  const started: JobRecord = {
    id: plan.id,
    kind: plan.kind,
    state: 'running',
    startedAtMs: Date.now(),
    endedAtMs: undefined,
    generation: undefined,
    records: undefined,
    drift: [],
    held: [],
    waiting: [],
    error: undefined,
  }
  await saveJob(context.clickhouse, started)
  try {
    const { pointer, records, drift, held } = await run()
    await saveJob(context.clickhouse, {
      ...started,
      state: 'done',
      endedAtMs: Date.now(),
      generation: pointer.seq,
      records,
      drift,
      held: held.map(({ view }) => view),
      waiting: held,
    })
    return pointer
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    await saveJob(context.clickhouse, {
      ...started,
      state: 'failed',
      endedAtMs: Date.now(),
      error: { code, message },
    }).catch(failure => context.log.error('could not record a failed job', errorFields(failure)))
    throw error
  }
}

export async function lockBatch(context: LayerContext): Promise<InstanceLock> {
  try {
    return await acquireInstanceLock(context.dataDir, 'batch')
  } catch (cause) {
    if (!(cause instanceof TwofoldError) || cause.code !== 'DATA_DIR_IN_USE') throw cause
    throw new TwofoldError('BATCH_BUSY', `Another batch job is at work on ${context.dataDir}.`, {
      details: cause.details,
      cause,
    })
  }
}

/** Sorts by time; unique among machines. */
function newJobId(nowMs: number): string {
  return `${new Date(nowMs).toISOString().replace(/[-:]/g, '').slice(0, 15)}-${randomBytes(4).toString('hex')}`
}
