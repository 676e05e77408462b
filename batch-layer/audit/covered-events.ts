import { compileDecoder } from '../../core/decode/compile.ts'
import { walkChain } from '../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../core/io/archive/verify-segment.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { type Cut, cutOf } from '../../core/model/cut.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { partsBetween } from '../recompute/plan.ts'
import { EventTable, readPart } from '../recompute/raw-events.ts'

const LIMITS = { maxWaitMs: 500, maxBytes: 16 * 2 ** 20, maxPartitionBytes: 4 * 2 ** 20 }

/**
 * Decodes the raw bytes of every record below `through` into the table `table`: from the archive as far as it
 * reaches, and the rest from Kafka.
 * @throws ARCHIVE_GAP, SEGMENT_FOREIGN, SEGMENT_DAMAGED, OFFSET_OUT_OF_RANGE, TOPIC_RECREATED: what is missing
 */
export async function loadCoveredEvents(
  context: LayerContext,
  session: DuckDBSession,
  stream: StreamDefinition,
  origins: ReadonlyMap<number, PartitionOrigin>,
  through: Cut,
  table: string,
): Promise<void> {
  const events = await EventTable.create(session, table, compileDecoder(stream))
  const archive = archiveFolder(context)
  const rest = new Map<number, number>()
  for (const [partition, origin] of origins) {
    const chain = await walkChain(nodeFiles, archive, origin)
    for (const part of partsBetween(new Map([[partition, chain]]), {}, through)) {
      await verifySegment(nodeFiles, archive, part.segment)
      for await (const page of readPart(session, archive, part)) await events.append(origin.topicId, page)
    }
    if (chain.end < cutOf(through, partition)) rest.set(partition, chain.end)
  }
  const [origin] = origins.values()
  if (origin !== undefined && rest.size > 0) await loadTail(context, origin, rest, through, events)
}

/** What the archive does not have yet: from `positions` on. */
async function loadTail(
  context: LayerContext,
  { topic, topicId }: PartitionOrigin,
  positions: Map<number, number>,
  through: Cut,
  events: EventTable,
): Promise<void> {
  const reader = await context.driver.openReader(topic, topicId)
  try {
    while (positions.size > 0) {
      for (const batch of await reader.fetch(positions, LIMITS)) {
        const end = cutOf(through, batch.partition)
        await events.append(topicId, {
          ...batch,
          records: batch.records.filter(record => record.offset < end),
        })
        if (batch.end < end) positions.set(batch.partition, batch.end)
        else positions.delete(batch.partition)
      }
    }
  } finally {
    await reader.close()
  }
}
