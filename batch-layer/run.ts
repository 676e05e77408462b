import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { compileDecoder } from '../core/decode/compile.ts'
import { decoderId } from '../core/io/decoder-id.ts'
import { nodeFiles } from '../core/io/files.ts'
import { warnOfUnreadableCodecs } from '../core/io/kafka/readable-codecs.ts'
import { archiveFolder, type LayerContext } from '../core/io/layer-context.ts'
import { errorFields } from '../core/io/log.ts'
import { type BatchHeartbeat, writeHeartbeat } from '../core/io/store/heartbeats.ts'
import { readPointer } from '../core/io/store/pointer-store.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { HeldView } from '../core/model/held-view.ts'
import { ArchiverRunner } from './archive/archiver-runner.ts'
import { requestedFlush } from './archive/flush-request.ts'
import { runBatchJob } from './job.ts'
import { Schedule } from './schedule/schedule.ts'
import { SwitchWatch } from './switch-watch.ts'

const TICK_MS = 250
const HEARTBEAT_MS = 1000

/** What the layer tells of itself. */
interface BatchState {
  job: BatchHeartbeat['job']
  nextJobAtMs: number | undefined
  lastError: string | undefined
  waiting: readonly HeldView[]
}

/** The batch layer: an archiver for each stream, and the schedule of batch jobs. Runs until `signal` aborts. */
export async function runBatchLayer(context: LayerContext, signal: AbortSignal): Promise<void> {
  warnOfUnreadableCodecs(context.driver, context.log)
  const archivers: ArchiverRunner[] = []
  for (const stream of context.project.streams) {
    archivers.push(
      new ArchiverRunner(context.log, {
        stream,
        driver: context.driver,
        clickhouse: context.clickhouse,
        session: await context.duckdb.session(),
        files: nodeFiles,
        archive: archiveFolder(context),
        decoder: compileDecoder(stream),
        decoderId: decoderId(stream),
        segmentRecords: context.options.archiveSegmentRecords,
        segmentBytes: context.options.archiveSegmentBytes,
        flushMs: context.options.archiveFlushMs,
        refreshMs: context.options.refreshMs,
      }),
    )
  }
  const state: BatchState = { job: undefined, nextJobAtMs: undefined, lastError: undefined, waiting: [] }
  const beating = beat(context, archivers, state, signal)
  const heeding = heedFlushRequests(context, archivers, signal)
  await keepSchedule(context, state, signal)
  await Promise.all(archivers.map(archiver => archiver.stop()))
  await Promise.all([beating, heeding])
}

/** Tells the archivers up to where somebody wants the archive: `twofold batch run`, for one. */
async function heedFlushRequests(
  { dataDir }: LayerContext,
  archivers: readonly ArchiverRunner[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const targets = requestedFlush(dataDir)
    for (const archiver of archivers) {
      const ends = Object.entries(targets[archiver.topic] ?? {})
      archiver.wants(new Map(ends.map(([partition, end]) => [Number(partition), end])))
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined)
  }
}

async function keepSchedule(context: LayerContext, state: BatchState, signal: AbortSignal): Promise<void> {
  const schedule = new Schedule(context.project.batch, performance.now(), Date.now())
  const watch = new SwitchWatch(context)
  while (!signal.aborted) {
    const kind = schedule.due(performance.now(), Date.now())
    if (kind === undefined) {
      state.nextJobAtMs = Date.now() + schedule.untilNextMs(performance.now(), Date.now())
      if (await watch.look(performance.now())) schedule.extendNow(performance.now())
      state.waiting = watch.held
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined)
      continue
    }
    try {
      await runBatchJob(context, {
        kind,
        isScheduled: true,
        signal,
        onProgress: (done, total) => (state.job = { kind, progress: done / total }),
      })
      state.lastError = undefined
      schedule.done(kind, performance.now(), Date.now())
      if (!(await hasRuns(context))) schedule.nothingYet(performance.now())
    } catch (error) {
      // One that comes from a command at the same moment does the same work; one that is stopped was asked to.
      if (isExpected(error)) schedule.done(kind, performance.now(), Date.now())
      else {
        schedule.failed(performance.now())
        state.lastError = (error as Error).message
        context.log.error(`the ${kind} job failed; the published generation still serves`, errorFields(error))
      }
    } finally {
      state.job = undefined
    }
  }
}

/** Whether the batch layer has done anything yet that answers are made of. */
async function hasRuns({ clickhouse }: LayerContext): Promise<boolean> {
  const pointer = await readPointer(clickhouse)
  return Object.values(pointer?.views ?? {}).some(({ runs }) => runs.length > 0)
}

function isExpected(error: unknown): boolean {
  return error instanceof TwofoldError && (error.code === 'BATCH_BUSY' || error.code === 'BATCH_STOPPED')
}

async function beat(
  context: LayerContext,
  archivers: readonly ArchiverRunner[],
  state: BatchState,
  signal: AbortSignal,
): Promise<void> {
  const instance = randomUUID()
  while (!signal.aborted) {
    const body: BatchHeartbeat = { streams: archivers.map(archiver => archiver.state()), ...state }
    await writeHeartbeat(context.clickhouse, { layer: 'batch', instance, body }).catch(() => undefined)
    await sleep(HEARTBEAT_MS, undefined, { signal }).catch(() => undefined)
  }
}
