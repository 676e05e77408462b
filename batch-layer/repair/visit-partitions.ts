import { type Files, nodeFiles } from '../../core/io/files.ts'
import type { KafkaDriver, PartitionOffsets } from '../../core/io/kafka/driver.ts'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { namedStreams } from './named-streams.ts'
import { lockRepair } from './repair-lock.ts'
import type { RestoreContext } from './restore-range.ts'

export interface NamedPartitions {
  /** Only this stream, and only this partition of it. */
  readonly stream?: string | undefined
  readonly partition?: number | undefined
  readonly files?: Files
}

/** What Kafka has under a stream's name. */
export interface KafkaTopic {
  /** `undefined` where there is no such topic. */
  readonly topicId: string | undefined
  readonly offsets: ReadonlyMap<number, PartitionOffsets>
}

export interface PartitionVisit {
  readonly restore: RestoreContext
  readonly stream: StreamDefinition
  readonly origin: PartitionOrigin
  readonly kafka: KafkaTopic
}

/**
 * Goes through the archived partitions of the streams that are named, one after another, under the lock of repairs.
 * @returns all that was found, in order
 * @throws REPAIR_BUSY, STREAM_UNKNOWN, PARTITION_NOT_FOUND, KAFKA_UNAVAILABLE
 */
export async function visitPartitions<Found>(
  context: LayerContext,
  { stream: wanted, partition, files = nodeFiles }: NamedPartitions,
  visit: (visit: PartitionVisit) => Promise<readonly Found[]>,
): Promise<Found[]> {
  const streams = namedStreams(context, wanted)
  const lock = await lockRepair(context)
  const session = await context.duckdb.session()
  try {
    const found: Found[] = []
    const known = new Set<number>()
    for (const stream of streams) {
      const kafka = await readTopic(context.driver, stream.topic)
      for (const number of kafka.offsets.keys()) known.add(number)
      for (const origin of (await readOrigins(context.clickhouse, stream.topic)).values()) {
        known.add(origin.partition)
        if (partition !== undefined && origin.partition !== partition) continue
        found.push(...(await visit({ restore: { context, session, files }, stream, origin, kafka })))
      }
    }
    if (partition !== undefined && !known.has(partition)) throw unknownPartition(streams, partition, known)
    return found
  } finally {
    await session.close()
    lock.release()
  }
}

async function readTopic(driver: KafkaDriver, topic: string): Promise<KafkaTopic> {
  const before = await driver.describeTopic(topic)
  if (before === undefined) return { topicId: undefined, offsets: new Map() }
  const offsets = await driver.offsets(topic)
  // Asked again, so that the offsets are not those of another incarnation.
  const after = await driver.describeTopic(topic)
  return after?.topicId === before.topicId ? { topicId: before.topicId, offsets } : readTopic(driver, topic)
}

function unknownPartition(
  streams: readonly StreamDefinition[],
  wanted: number,
  known: ReadonlySet<number>,
): TwofoldError {
  const topics = streams.map(({ topic }) => topic).join(', ')
  const partitions = [...known].sort((a, b) => a - b)
  return new TwofoldError(
    'PARTITION_NOT_FOUND',
    `There is no partition ${wanted} of ${topics}; there are ${partitions.join(', ')}. Nothing was done.`,
    {
      details: { topics, partition: wanted, known: partitions },
      hint: 'Name one of these partitions, or none: then all are looked at.',
    },
  )
}
