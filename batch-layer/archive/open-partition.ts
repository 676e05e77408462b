import { dirname } from 'node:path'
import { partitionFolder, type SegmentChain, walkChain } from '../../core/io/archive/segment-chain.ts'
import type { Files } from '../../core/io/files.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'

/**
 * Makes the folder of a partition where there is none, and reads what has been archived of it beyond `known`: all of it
 * durable, the folder with those above it and the names in it. For the name of a folder lies in the one above, and an
 * archiver that was killed may have linked a segment that a power cut would still undo.
 *
 * @throws ARCHIVE_GAP, SEGMENT_FOREIGN, SEGMENT_DAMAGED
 */
export async function openPartition(
  files: Files,
  archive: string,
  origin: PartitionOrigin,
  known?: SegmentChain,
): Promise<SegmentChain> {
  const folder = partitionFolder(archive, origin.topic, origin.partition)
  await files.makeDirectory(folder)
  const chain = await walkChain(files, archive, origin, known)
  for (const path of [folder, dirname(folder), archive, dirname(archive)]) await files.syncDirectory(path)
  return chain
}
