import { join } from 'node:path'
import { descriptorName, parseDescriptor, startOfDescriptor } from '../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import type { Files } from '../../core/io/files.ts'
import type { Segment } from '../../core/model/segment.ts'
import type { SegmentPart } from '../recompute/plan.ts'

/**
 * The parts of segments that hold the newest records of a stream, about `records` in all and of each partition about as
 * many, where it has them. Only the archive's folder is read; it may grow meanwhile.
 */
export async function newestParts(
  files: Files,
  archive: string,
  topic: string,
  records: number,
): Promise<SegmentPart[]> {
  const names = (await files.list(join(archive, topic))).filter(name => /^\d+$/.test(name))
  const partitions = await Promise.all(names.map(name => segmentsOf(files, archive, topic, Number(name))))
  const parts: SegmentPart[] = []
  // Those that have least first: what they leave is the others' to fill.
  const bySize = partitions.sort((a, b) => recordsOf(a) - recordsOf(b))
  let left = records
  for (const [index, segments] of bySize.entries()) {
    const taken = lastOf(segments, Math.ceil(left / (bySize.length - index)))
    left -= taken.reduce((sum, { segment, start, end }) => sum + Math.min(segment.records, end - start), 0)
    parts.push(...taken)
  }
  return parts
}

async function segmentsOf(
  files: Files,
  archive: string,
  topic: string,
  partition: number,
): Promise<Segment[]> {
  const folder = partitionFolder(archive, topic, partition)
  const starts = (await files.list(folder)).map(startOfDescriptor).filter(start => start !== undefined)
  const segments: Segment[] = []
  for (const start of starts.sort((a, b) => a - b)) {
    const path = join(folder, descriptorName(start))
    segments.push(parseDescriptor(await files.readText(path), path))
  }
  return segments
}

function recordsOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { records }) => sum + records, 0)
}

/** The last parts of a partition, in their order, that hold `wanted` records. */
function lastOf(segments: readonly Segment[], wanted: number): SegmentPart[] {
  const parts: SegmentPart[] = []
  let left = wanted
  for (const segment of [...segments].reverse()) {
    if (left <= 0) break
    const start = segment.records <= left ? segment.start : Math.max(segment.start, segment.end - left)
    parts.unshift({ segment, start, end: segment.end })
    left -= Math.min(segment.records, segment.end - start)
  }
  return parts
}
