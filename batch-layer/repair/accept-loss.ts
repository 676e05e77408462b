import { compileDecoder } from '../../core/decode/compile.ts'
import { partitionFolder, type SegmentChain, walkChain } from '../../core/io/archive/segment-chain.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import type { PartitionOffsets } from '../../core/io/kafka/driver.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { type BatchHeartbeat, readHeartbeats } from '../../core/io/store/heartbeats.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { openPartition } from '../archive/open-partition.ts'
import { listUnlinked } from '../archive/sweep.ts'
import { type SegmentWriter, writeSegment } from '../archive/write-segment.ts'
import { publishedEnds } from '../audit/published-ends.ts'
import { planLoss } from './plan-loss.ts'
import type { RestoreContext } from './restore-range.ts'
import { keepCopy } from './set-aside.ts'
import { type NamedPartitions, type PartitionVisit, visitPartitions } from './visit-partitions.ts'

export interface LossOptions extends NamedPartitions {
  /** Without it, what is lost is told, and nothing is done. */
  readonly isAccepted?: boolean | undefined
}

/** What was declared lost, or would be. */
export interface LossReport {
  readonly isDeclared: boolean
  /** The partitions that lost something. */
  readonly partitions: readonly PartitionLoss[]
}

export interface PartitionLoss extends OffsetRange {
  readonly topic: string
  /** Files that an archiver left behind unlinked, which may hold some of these records; declaring keeps copies of them. */
  readonly files: readonly string[]
}

/** An archiver that has not been heard of for so long is gone. */
const HEARD_WITHIN_MS = 10_000

/**
 * Declares lost what Kafka deleted before it was archived: partition by partition, a segment without records that leads
 * from the end of the archive to where Kafka begins. Archivers and speed workers go on behind it, and every answer over
 * it tells of it.
 *
 * Each is linked as an archiver links its own, so that of several who come at once one wins, and may be done again
 * after a crash at any moment. Where nothing is lost, nothing is done.
 *
 * @throws ARCHIVER_AT_WORK where an archiver may still hold what Kafka has deleted; TOPIC_RECREATED, REPAIR_BUSY,
 *   STREAM_UNKNOWN, PARTITION_NOT_FOUND, ARCHIVE_BEHIND, ARCHIVE_GAP, …: where the archive is not whole, it is to be
 *   repaired first
 */
export async function acceptLoss(
  context: LayerContext,
  { isAccepted = false, ...named }: LossOptions,
): Promise<LossReport> {
  const act = isAccepted ? declare : foresee
  const partitions = await visitPartitions(context, named, async visit => {
    assertSameTopic(visit)
    return act(visit, visit.kafka.offsets.get(visit.origin.partition))
  })
  return { isDeclared: isAccepted, partitions }
}

/** What another topic of that name holds says nothing of what is lost. */
function assertSameTopic({ origin: { topic, topicId }, kafka }: PartitionVisit): void {
  if (kafka.topicId === topicId) return
  throw new TwofoldError(
    'TOPIC_RECREATED',
    `The topic ${topic} that was archived has the id ${topicId}; Kafka has ${kafka.topicId === undefined ? 'no such topic' : `one with the id ${kafka.topicId}`}. Nothing was declared lost.`,
    { details: { topic, recordedId: topicId, foundId: kafka.topicId ?? null } },
  )
}

type Act = (visit: PartitionVisit, kafka: PartitionOffsets | undefined) => Promise<PartitionLoss[]>

const foresee: Act = async ({ restore: { context, files }, origin }, kafka) => {
  const chain = await walkChain(files, archiveFolder(context), origin)
  const loss = planLoss(origin.partition, chain, kafka)
  if (loss === undefined) return []
  await assertNothingElseHolds(context, origin, loss)
  return [await lossOf({ context, files }, origin, chain, loss)]
}

const declare: Act = async ({ restore, stream, origin }, kafka) => {
  const { context, files } = restore
  const declared: PartitionLoss[] = []
  for (;;) {
    const chain = await openPartition(files, archiveFolder(context), origin)
    const planned = planLoss(origin.partition, chain, kafka)
    if (planned === undefined) return declared
    await assertNothingElseHolds(context, origin, planned)
    const loss = await lossOf(restore, origin, chain, planned)
    // An archiver sweeps them once its chain has passed.
    for (const file of loss.files) await keepCopy(files, folderOf(context, origin), file)
    const segment = await writeSegment(writerOf(restore, stream, origin), {
      ...planned,
      records: [],
      isLost: true,
    })
    // Where somebody else has linked a segment from there, it is asked again what is lost.
    if (segment === undefined) continue
    declared.push(loss)
    crashPoint('repair: loss declared')
  }
}

async function lossOf(
  { context, files }: Pick<RestoreContext, 'context' | 'files'>,
  origin: PartitionOrigin,
  chain: SegmentChain,
  loss: OffsetRange,
): Promise<PartitionLoss> {
  const unlinked = await listUnlinked(files, folderOf(context, origin), chain)
  const left = unlinked.filter(({ start }) => start >= loss.start && start < loss.end)
  return { topic: origin.topic, ...loss, files: left.map(({ name }) => name) }
}

async function assertNothingElseHolds(
  context: LayerContext,
  origin: PartitionOrigin,
  loss: OffsetRange,
): Promise<void> {
  await assertNotPublished(context, origin, loss)
  await assertNobodyHolds(context, origin, loss)
}

/** What is published was archived once: segments are missing, and that is no loss of Kafka's to accept. */
async function assertNotPublished(
  { clickhouse, views }: LayerContext,
  { topic }: PartitionOrigin,
  { partition, start }: OffsetRange,
): Promise<void> {
  const published = (await publishedEnds(clickhouse, views, topic)).get(partition) ?? 0
  if (published <= start) return
  throw new TwofoldError(
    'ARCHIVE_BEHIND',
    `The archive of ${topic}, partition ${partition}, ends at offset ${start}, and all below ${published} is published from it: segments are missing. Nothing was declared lost.`,
    { details: { topic, partition, archived: start, published } },
  )
}

/** An archiver that stopped has saved what it held; one that is at work may hold what Kafka has deleted meanwhile. */
async function assertNobodyHolds(
  { clickhouse }: LayerContext,
  { topic }: PartitionOrigin,
  { partition, start, end }: OffsetRange,
): Promise<void> {
  const beats = await readHeartbeats(clickhouse, HEARD_WITHIN_MS)
  const isAtWork = beats
    .filter(({ layer }) => layer === 'batch')
    .flatMap(({ body }) => (body as BatchHeartbeat).streams)
    .some(stream => stream.topic === topic && stream.error === undefined)
  if (!isAtWork) return
  throw new TwofoldError(
    'ARCHIVER_AT_WORK',
    `Kafka no longer has offsets ${start} to ${end} of ${topic}, partition ${partition}, and they are not archived yet; but an archiver is at work, which may hold them. Nothing was declared lost.`,
    { details: { topic, partition, start, end } },
  )
}

function folderOf(context: LayerContext, { topic, partition }: PartitionOrigin): string {
  return partitionFolder(archiveFolder(context), topic, partition)
}

function writerOf(
  { context, session, files }: RestoreContext,
  stream: StreamDefinition,
  { topic, topicId }: PartitionOrigin,
): SegmentWriter {
  return {
    archive: archiveFolder(context),
    topic,
    topicId,
    decoder: compileDecoder(stream),
    decoderId: decoderId(stream),
    session,
    files,
  }
}
