import { join } from 'node:path'
import { TwofoldError } from '../../model/errors.ts'
import type { PartitionOrigin } from '../../model/partition.ts'
import type { Segment } from '../../model/segment.ts'
import type { Files } from '../files.ts'
import { descriptorName, parseDescriptor, startOfDescriptor } from './descriptor.ts'

/**
 * The segments of one partition, from its origin on, each starting where the one before ends. This chain, and not a
 * listing of files, is what has been archived.
 */
export interface SegmentChain {
  readonly segments: readonly Segment[]
  /** The end of the last segment; the origin's begin where there is none. */
  readonly end: number
}

/** The folder of one partition of a stream. */
export function partitionFolder(archive: string, topic: string, partition: number): string {
  return join(archive, topic, String(partition))
}

/** The path of a segment's Parquet file. */
export function segmentPath(archive: string, segment: Segment): string {
  return join(partitionFolder(archive, segment.topic, segment.partition), segment.file)
}

/**
 * Follows the chain of a partition. `known` is what an earlier walk found: only what came since is read.
 *
 * @throws ARCHIVE_GAP where descriptors stand behind the end of the chain, so that one between them is missing
 * @throws SEGMENT_FOREIGN where a descriptor is of another topic or partition, or does not start where it says
 * @throws SEGMENT_OVERLAP where a descriptor starts inside another segment
 * @throws SEGMENT_DAMAGED where a descriptor is not what was written
 */
export async function walkChain(
  files: Files,
  archive: string,
  origin: PartitionOrigin,
  known: SegmentChain = { segments: [], end: origin.begin },
): Promise<SegmentChain> {
  const folder = partitionFolder(archive, origin.topic, origin.partition)
  const starts = (await files.list(folder)).map(startOfDescriptor).filter(start => start !== undefined)
  const waiting = new Set(starts)
  const segments = [...known.segments]
  let end = known.end
  while (waiting.has(end)) {
    const path = join(folder, descriptorName(end))
    const segment = parseDescriptor(await files.readText(path), path)
    assertOurs(segment, origin, end, path)
    segments.push(segment)
    end = segment.end
  }
  const linked = new Set(segments.map(segment => segment.start))
  const strays = starts.filter(start => !linked.has(start))
  if (strays.length > 0) throw stray(origin, folder, end, Math.min(...strays))
  return { segments, end }
}

/** A descriptor that the chain does not lead to: one before it is missing, or it stands inside another segment. */
function stray(origin: PartitionOrigin, folder: string, end: number, start: number): TwofoldError {
  if (start > end) return gap(origin, end, start)
  const path = join(folder, descriptorName(start))
  const details = { path, topic: origin.topic, partition: origin.partition, start }
  const where = `The segment descriptor ${path} starts at offset ${start}`
  return start < origin.begin
    ? new TwofoldError(
        'SEGMENT_FOREIGN',
        `${where}, and the archive of ${origin.topic}, partition ${origin.partition}, begins at ${origin.begin}.`,
        { details },
      )
    : new TwofoldError('SEGMENT_OVERLAP', `${where}, which another segment holds already.`, { details })
}

/** @throws SEGMENT_FOREIGN where a descriptor is not of this partition, or not of the start that its name gives */
export function assertOurs(segment: Segment, origin: PartitionOrigin, start: number, path: string): void {
  const ours =
    segment.format === 1 &&
    segment.topic === origin.topic &&
    segment.topicId === origin.topicId &&
    segment.partition === origin.partition &&
    segment.start === start &&
    segment.start >= origin.begin &&
    segment.end > start
  if (ours) return
  throw new TwofoldError(
    'SEGMENT_FOREIGN',
    `The segment descriptor ${path} was expected to be of topic ${origin.topic} (${origin.topicId}), partition ${origin.partition}, from offset ${start}; it is of topic ${segment.topic} (${segment.topicId}), partition ${segment.partition}, offsets ${segment.start} to ${segment.end}, format ${segment.format}.`,
    {
      details: {
        path,
        topic: origin.topic,
        partition: origin.partition,
        start,
        expectedTopicId: origin.topicId,
        foundTopicId: segment.topicId,
      },
    },
  )
}

function gap(origin: PartitionOrigin, end: number, next: number): TwofoldError {
  return new TwofoldError(
    'ARCHIVE_GAP',
    `The archive of ${origin.topic}, partition ${origin.partition}, reaches offset ${end}; the next segment starts at ${next}, so offsets ${end} to ${next} are missing.`,
    { details: { topic: origin.topic, partition: origin.partition, missingStart: end, missingEnd: next } },
  )
}
