import { inspectPartition, type PartitionInspection } from '../../core/io/archive/inspect-partition.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { type Finding, harmless } from './finding.ts'

/** Looks at every file of a stream's archive. `published` is how far the archive must reach, by partition. */
export async function inspectStream(
  context: LayerContext,
  { topic }: StreamDefinition,
  published: ReadonlyMap<number, number>,
): Promise<ReadonlyMap<number, PartitionInspection>> {
  const archive = archiveFolder(context)
  const inspections = new Map<number, PartitionInspection>()
  for (const origin of (await readOrigins(context.clickhouse, topic)).values()) {
    const reached = published.get(origin.partition) ?? 0
    inspections.set(origin.partition, await inspectPartition(nodeFiles, archive, origin, reached))
  }
  return inspections
}

/** Answers are made in ClickHouse: a damaged archive endangers later ones, not those of now. */
export function archiveFindings(inspection: PartitionInspection): Finding[] {
  const { topic, partition } = inspection.origin
  return inspection.faults.map(({ error }) =>
    harmless(
      { code: error.code, message: error.message, details: { topic, partition, ...error.details } },
      {
        repair: `twofold repair archive --stream ${topic} --partition ${partition}`,
        hint: 'Answers stay right, but nothing can be recomputed from these offsets, and nothing beyond them is published, until they are restored from Kafka. Where Kafka no longer has them, restore the file from a copy.',
      },
    ),
  )
}
