import { openPartition } from '../../batch-layer/archive/open-partition.ts'
import { auditPlan } from '../../batch-layer/audit/audit-plan.ts'
import type { Drift } from '../../batch-layer/audit/drift.ts'
import { viewsToHold } from '../../batch-layer/publish/hold-back.ts'
import { nextPointer } from '../../batch-layer/publish/next-pointer.ts'
import { supersededOr } from '../../batch-layer/publish/superseded-or.ts'
import { type ExecuteContext, executePlan } from '../../batch-layer/recompute/execute.ts'
import { type ArchivedStream, type JobKind, type JobPlan, planJob } from '../../batch-layer/recompute/plan.ts'
import { takeInventory, verifyRun } from '../../batch-layer/recompute/verify-run.ts'
import type { SegmentChain } from '../../core/io/archive/segment-chain.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { publishPointer, readPointer } from '../../core/io/store/pointer-store.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { Tally } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'

export interface BatchContext {
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  readonly files: Files
  readonly archive: string
  readonly stream: StreamDefinition
  readonly views: readonly BoundView[]
  readonly chunkRecords: number
}

export interface JobOutcome {
  readonly pointer: Pointer
  /** Blocks of which the layers tell different things. */
  readonly drift: readonly Drift[]
}

/** A planned job and the pointer it was planned on. */
export interface PlannedJob {
  readonly plan: JobPlan
  readonly current: Pointer | undefined
}

/**
 * A batch job, step by step as the batch layer takes them, in this process instead of in a worker's.
 * @returns `undefined` where nothing new had been archived
 */
export async function runBatchJob(
  context: BatchContext,
  kind: JobKind,
  id: string,
): Promise<JobOutcome | undefined> {
  const job = await planBatchJob(context, kind, id)
  if (job === undefined) return undefined
  const tallies = await executeJob(context, job).catch(cause =>
    supersededOr(context.clickhouse, job.plan, cause),
  )
  return publishJob(context, job, tallies)
}

export async function planBatchJob(
  context: BatchContext,
  kind: JobKind,
  id: string,
): Promise<PlannedJob | undefined> {
  const { clickhouse, stream, views, chunkRecords } = context
  const current = await readPointer(clickhouse)
  const plan = planJob({
    id,
    kind,
    views,
    pointer: current,
    archived: new Map([[stream.topic, await readArchived(context)]]),
    decoders: new Map([[stream.topic, decoderId(stream)]]),
    chunkRecords,
  })
  return plan && { plan, current }
}

/** Writes the runs and holds them against the archive. @returns the tally of each */
export async function executeJob(
  context: BatchContext,
  { plan }: PlannedJob,
  onProgress: ExecuteContext['onProgress'] = () => undefined,
): Promise<Readonly<Record<string, Tally>>> {
  const { clickhouse, session, files, archive } = context
  await executePlan({ clickhouse, session, files, archive, onProgress }, plan)
  const tallies: Record<string, Tally> = {}
  for (const fold of plan.folds) {
    const inventory = await takeInventory(session, archive, fold)
    for (const { view, run } of fold.views)
      tallies[run] = await verifyRun(clickhouse, view, run, fold.chunks.length, inventory)
  }
  return tallies
}

export async function publishJob(
  { clickhouse }: BatchContext,
  { plan, current }: PlannedJob,
  tallies: Readonly<Record<string, Tally>>,
): Promise<JobOutcome> {
  const drift = await auditPlan(clickhouse, plan)
  const held = new Set((await viewsToHold(clickhouse, plan, current)).map(({ view }) => view))
  const pointer = nextPointer(plan, current, tallies, held, Date.now())
  await publishPointer(clickhouse, pointer)
  return { pointer, drift }
}

/** What has been archived of the stream, by partition. */
export async function readArchived(
  context: Pick<BatchContext, 'clickhouse' | 'files' | 'archive' | 'stream'>,
): Promise<ArchivedStream> {
  const { clickhouse, files, archive, stream } = context
  const archived = new Map<number, SegmentChain>()
  for (const origin of (await readOrigins(clickhouse, stream.topic)).values())
    archived.set(origin.partition, await openPartition(files, archive, origin))
  return archived
}
