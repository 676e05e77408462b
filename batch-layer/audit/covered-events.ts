import type { PartitionInspection } from '../../core/io/archive/inspect-partition.ts'
import { walkChain } from '../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../core/io/archive/verify-segment.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { type Cut, cutOf } from '../../core/model/cut.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { ValueBatch } from '../../core/model/record.ts'
import { lostRanges, type Segment } from '../../core/model/segment.ts'
import { readKafkaRange } from '../kafka-range.ts'
import { readPart } from '../recompute/raw-events.ts'

/** Takes raw records of one partition, in order. */
export type OnRecords = (topicId: string, batch: ValueBatch) => Promise<void>

/**
 * Reads every record of a stream below `through`: from the archive's whole segments, and from Kafka what they do not
 * hold; with `envelope` also what stands around their values.
 * @returns what of it was declared lost, so that nobody has it
 * @throws OFFSET_OUT_OF_RANGE, TOPIC_RECREATED: neither has them
 */
export async function readCoveredRecords(
  context: LayerContext,
  session: DuckDBSession,
  inspections: ReadonlyMap<number, PartitionInspection>,
  through: Cut,
  envelope: boolean,
  onRecords: OnRecords,
): Promise<OffsetRange[]> {
  const lost: OffsetRange[] = []
  for (const [partition, inspection] of inspections) {
    const end = cutOf(through, partition)
    const segments = await segmentsNow(archiveFolder(context), inspection)
    await readPartition(context, session, inspection.origin, segments, end, envelope, onRecords)
    lost.push(...lostRanges(segments).map(range => ({ ...range, end: Math.min(range.end, end) })))
  }
  return lost.filter(({ start, end }) => start < end)
}

async function readPartition(
  context: LayerContext,
  session: DuckDBSession,
  origin: PartitionOrigin,
  segments: readonly Segment[],
  through: number,
  envelope: boolean,
  onRecords: OnRecords,
): Promise<void> {
  const archive = archiveFolder(context)
  let position = origin.begin
  const readFromKafka = async (end: number) => {
    for await (const batch of readKafkaRange(context.driver, origin, position, end))
      await onRecords(origin.topicId, batch)
  }
  for (const segment of segments) {
    if (segment.start >= through) break
    if (segment.start > position) await readFromKafka(segment.start)
    const end = Math.min(segment.end, through)
    for await (const page of readPart(session, archive, { segment, start: segment.start, end }, envelope))
      await onRecords(origin.topicId, page)
    position = end
  }
  if (position < through) await readFromKafka(through)
}

/** What was archived since counts, too: Kafka may not keep it for as long as a verification takes. */
async function segmentsNow(archive: string, inspection: PartitionInspection): Promise<readonly Segment[]> {
  const { origin, segments, end } = inspection
  try {
    const now = await walkChain(nodeFiles, archive, origin, { segments, end })
    for (const segment of now.segments.slice(segments.length))
      await verifySegment(nodeFiles, archive, segment)
    return now.segments
  } catch (error) {
    if (error instanceof TwofoldError) return segments
    throw error
  }
}
