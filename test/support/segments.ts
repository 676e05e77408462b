import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { descriptorName, descriptorText } from '../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { Segment } from '../../core/model/segment.ts'

export const ORIGIN: PartitionOrigin = {
  topic: 'orders',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
  partition: 0,
  begin: 0,
}

/** The descriptor of a segment that has a record at each offset, unless told otherwise. */
export function segment(
  partition: number,
  start: number,
  end: number,
  change: Partial<Segment> = {},
): Segment {
  return {
    format: 1,
    topic: ORIGIN.topic,
    topicId: ORIGIN.topicId,
    partition,
    start,
    end,
    file: `${start}.parquet`,
    sizeBytes: 1,
    sha256: '',
    records: end - start,
    accepted: end - start,
    quarantined: 0,
    digest: '0',
    decoder: 'now',
    ...change,
  }
}

/** Puts a descriptor where the archive has it; by default under the name of its start. */
export function linkDescriptor(
  archive: string,
  described: Segment,
  name = descriptorName(described.start),
): string {
  const folder = partitionFolder(archive, ORIGIN.topic, described.partition)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, name)
  writeFileSync(path, descriptorText(described))
  return path
}
