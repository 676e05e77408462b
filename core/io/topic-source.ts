import { setTimeout as sleep } from 'node:timers/promises'
import { TwofoldError } from '../model/errors.ts'
import type { PartitionOrigin } from '../model/partition.ts'
import type { ClickHouse } from './clickhouse/client.ts'
import type { KafkaDriver } from './kafka/driver.ts'
import { assertCodecReadable } from './kafka/readable-codecs.ts'
import { ensureOrigins } from './store/partition-store.ts'

/** A stream's topic as both layers see it: its id and where each of its partitions begins. */
export interface TopicSource {
  readonly topicId: string
  readonly origins: ReadonlyMap<number, PartitionOrigin>
}

/**
 * Looks a stream's topic up and makes sure that all its partitions have their origin on record; waits while there is
 * no such topic yet.
 * @throws TOPIC_RECREATED, TOPIC_COMPACTED, CODEC_UNREADABLE
 */
export async function resolveTopic(
  driver: KafkaDriver,
  clickhouse: ClickHouse,
  topic: string,
  signal: AbortSignal,
): Promise<TopicSource> {
  for (;;) {
    const description = await driver.describeTopic(topic)
    if (description === undefined) {
      await sleep(500, undefined, { signal })
      continue
    }
    if (description.cleanupPolicy.includes('compact')) {
      throw new TwofoldError(
        'TOPIC_COMPACTED',
        `The topic ${topic} has cleanup.policy=${description.cleanupPolicy}: Kafka removes records from its middle, so no count over it could be exact.`,
        { details: { topic, cleanupPolicy: description.cleanupPolicy } },
      )
    }
    assertCodecReadable(driver, description)
    return { topicId: description.topicId, origins: await ensureOrigins(clickhouse, driver, description) }
  }
}
