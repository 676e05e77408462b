import type { SegmentChain } from '../core/io/archive/segment-chain.ts'
import { nodeFiles } from '../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../core/io/layer-context.ts'
import { readOrigins } from '../core/io/store/partition-store.ts'
import { openPartition } from './archive/open-partition.ts'
import type { ArchivedStream } from './recompute/plan.ts'

/** What has been archived of each stream of the project, for good. @throws ARCHIVE_GAP, SEGMENT_FOREIGN */
export async function readArchived(context: LayerContext): Promise<Map<string, ArchivedStream>> {
  const archived = new Map<string, ArchivedStream>()
  for (const { topic } of context.project.streams) {
    const chains = new Map<number, SegmentChain>()
    for (const origin of (await readOrigins(context.clickhouse, topic)).values()) {
      chains.set(origin.partition, await openPartition(nodeFiles, archiveFolder(context), origin))
    }
    archived.set(topic, chains)
  }
  return archived
}
