import type { LayerContext } from '../core/io/layer-context.ts'
import { type JobRecord, readJobs } from '../core/io/store/job-store.ts'
import { readPointers } from '../core/io/store/pointer-store.ts'
import type { Pointer } from '../core/model/pointer.ts'
import { lockBatch, runBatchJob } from './job.ts'
import { collectedFloor } from './publish/collection-store.ts'
import { resume, rollBack as rollBackTo } from './publish/roll-back.ts'

export { flushArchive } from './archive/flush-archive.ts'
export type { Finding } from './audit/finding.ts'
export { type StreamReport, type VerifyReport, verifyPlatform } from './audit/verify-platform.ts'
export { acceptLoss, type LossReport } from './repair/accept-loss.ts'
export {
  type ArchiveRepairOptions,
  type ArchiveRepairReport,
  repairArchive,
} from './repair/repair-archive.ts'
export { type ChainRepairReport, repairChain } from './repair/repair-chain.ts'
export { runBatchJob }

/** Rolls back to generation `to`, or the one before the present, and pauses the schedule. @throws ROLLBACK_IMPOSSIBLE */
export async function rollBack(context: LayerContext, to?: number): Promise<Pointer> {
  const lock = await lockBatch(context)
  try {
    return await rollBackTo(context.clickhouse, to, Date.now())
  } finally {
    lock.release()
  }
}

/** Lets a paused schedule go on. */
export async function resumeSchedule(context: LayerContext): Promise<Pointer | undefined> {
  return resume(context.clickhouse, Date.now())
}

/** Jobs and generations, newest first, as `batch runs` shows them. */
export interface RunListing {
  readonly jobs: readonly JobRecord[]
  readonly generations: readonly {
    readonly seq: number
    readonly publishedAtMs: number
    readonly reason: string
    readonly rolledBackTo: number | undefined
    readonly paused: boolean
    /** False once its rows are being collected. */
    readonly canRollBack: boolean
    readonly views: readonly {
      readonly name: string
      readonly version: string
      readonly runs: number
      readonly records: number
    }[]
  }[]
}

const LISTED = 50

export async function listRuns(context: LayerContext): Promise<RunListing> {
  const pointers = await readPointers(context.clickhouse, LISTED)
  const floor = await collectedFloor(context.clickhouse)
  return {
    jobs: await readJobs(context.clickhouse, LISTED),
    generations: pointers.map((pointer, index) => ({
      seq: pointer.seq,
      publishedAtMs: pointer.publishedAtMs,
      reason: pointer.reason,
      rolledBackTo: pointer.rolledBackTo,
      paused: pointer.paused,
      canRollBack: index > 0 && pointer.seq >= floor,
      views: Object.entries(pointer.views).map(([name, generation]) => ({
        name,
        version: generation.version,
        runs: generation.runs.length,
        records: generation.runs.reduce((sum, run) => sum + run.tally.accepted, 0),
      })),
    })),
  }
}
