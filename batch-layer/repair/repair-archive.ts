import { inspectPartition, type PartitionInspection } from '../../core/io/archive/inspect-partition.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import type { PartitionOffsets } from '../../core/io/kafka/driver.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import { publishedEnds } from '../audit/published-ends.ts'
import { planArchiveRepair } from './plan-archive-repair.ts'
import { type RestoreContext, restoreRange } from './restore-range.ts'
import { removeUnplaced, setAside } from './set-aside.ts'
import { type NamedPartitions, type PartitionVisit, visitPartitions } from './visit-partitions.ts'

export interface ArchiveRepairOptions extends NamedPartitions {
  /** Tells what would be done, and does nothing. */
  readonly isDryRun?: boolean | undefined
}

/** What was done for the archive, or would be. */
export interface ArchiveRepairReport {
  /** False where offsets are missing that nothing can bring back. */
  readonly ok: boolean
  readonly isDryRun: boolean
  /** The partitions in which something was wrong. */
  readonly partitions: readonly PartitionRepair[]
}

export interface PartitionRepair {
  readonly topic: string
  readonly partition: number
  /** What was wrong. */
  readonly faults: readonly string[]
  /** Offsets that were read from Kafka and archived again. */
  readonly restored: readonly { readonly start: number; readonly end: number }[]
  /** Offsets that no segment holds and Kafka does not have; the whole range they are part of is left as it is. */
  readonly lost: readonly {
    readonly start: number
    readonly end: number
    readonly goneStart: number
    readonly goneEnd: number
  }[]
  /** Names of the files that were moved into the folder's quarantine, where they stay. */
  readonly setAside: readonly string[]
}

/**
 * Restores from Kafka what the archive lacks, partition by partition. Whole segments are never touched, nothing is
 * ever deleted, and each step leaves an archive that can be repaired again. Archivers, batch jobs and speed workers
 * may be at work meanwhile: they read whole segments alone, and link behind the last one.
 *
 * @throws REPAIR_BUSY, REPAIR_DIFFERS, STREAM_UNKNOWN, PARTITION_NOT_FOUND, KAFKA_UNAVAILABLE
 */
export async function repairArchive(
  context: LayerContext,
  { isDryRun = false, ...named }: ArchiveRepairOptions,
): Promise<ArchiveRepairReport> {
  const partitions = await visitPartitions(context, named, visit => repairPartition(visit, isDryRun))
  return { ok: partitions.every(({ lost }) => lost.length === 0), isDryRun, partitions }
}

/** An archiver may come in between, and what it links may leave another gap. */
const PASSES = 3

async function repairPartition(
  { restore, stream, origin, kafka: { topicId, offsets } }: PartitionVisit,
  isDryRun: boolean,
): Promise<PartitionRepair[]> {
  const kafka = topicId === origin.topicId ? offsets.get(origin.partition) : undefined
  if (!isDryRun) await removeUnplaced(restore.files, folderOf(restore, origin))
  const first = await inspect(restore, origin)
  if (first.faults.length === 0) return []
  const { restorable } = planArchiveRepair(first, kafka)
  let inspection = first
  for (let pass = 1; !isDryRun && pass <= PASSES && !isRestored(inspection, kafka); pass++) {
    const faulty = new Set(inspection.faults.flatMap(fault => fault.names))
    for (const range of planArchiveRepair(inspection, kafka).restorable)
      await restoreRange(restore, stream, origin, range, faulty)
    inspection = await inspect(restore, origin)
  }
  crashPoint('repair: before quarantine')
  const { lost, misplaced } = planArchiveRepair(inspection, kafka)
  if (!isDryRun) await moveAside(restore, origin, misplaced)
  const repair: PartitionRepair = {
    topic: origin.topic,
    partition: origin.partition,
    faults: first.faults.map(({ error }) => error.message),
    restored: restorable.map(({ start, end }) => ({ start, end })),
    lost: lost.map(({ start, end, gone }) => ({ start, end, goneStart: gone.start, goneEnd: gone.end })),
    setAside: misplaced,
  }
  return [repair]
}

function isRestored(inspection: PartitionInspection, kafka: PartitionOffsets | undefined): boolean {
  return planArchiveRepair(inspection, kafka).restorable.length === 0
}

async function inspect(
  { context, files }: RestoreContext,
  origin: PartitionOrigin,
): Promise<PartitionInspection> {
  const published = await publishedEnds(context.clickhouse, context.views, origin.topic)
  return inspectPartition(files, archiveFolder(context), origin, published.get(origin.partition) ?? 0)
}

function folderOf({ context }: RestoreContext, { topic, partition }: PartitionOrigin): string {
  return partitionFolder(archiveFolder(context), topic, partition)
}

async function moveAside(
  restore: RestoreContext,
  origin: PartitionOrigin,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await setAside(restore.files, folderOf(restore, origin), name)
    crashPoint('repair: file set aside')
  }
}
