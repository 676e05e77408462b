import { TwofoldError } from '../../model/errors.ts'
import type { PartitionOrigin } from '../../model/partition.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { isUnknownOutcome } from '../clickhouse/errors.ts'
import type { KafkaDriver, TopicDescription } from '../kafka/driver.ts'
import { compareAndSwap } from './compare-and-swap.ts'
import { retryWait } from './retry-wait.ts'

/** Where the partitions of a stream begin, as far as they are known. */
export async function readOrigins(
  clickhouse: ClickHouse,
  topic: string,
): Promise<Map<number, PartitionOrigin>> {
  const rows = await clickhouse.rows<{ topic_id: string; partition: number; begin: string }>(
    'SELECT topic_id, partition, begin FROM partitions WHERE topic = {topic:String} ORDER BY partition',
    { params: { topic } },
  )
  return new Map(
    rows.map(row => [
      row.partition,
      { topic, topicId: row.topic_id, partition: row.partition, begin: Number(row.begin) },
    ]),
  )
}

/**
 * Makes sure that each partition of the topic has its origin on record, deciding it for those that have none: the
 * first offset that Kafka still holds. Whoever comes first decides for all.
 * @throws TOPIC_RECREATED where the topic on record has another id
 */
export async function ensureOrigins(
  clickhouse: ClickHouse,
  driver: KafkaDriver,
  description: TopicDescription,
): Promise<Map<number, PartitionOrigin>> {
  const { topic, topicId } = description
  const known = await readOrigins(clickhouse, topic)
  const foreign = [...known.values()].find(origin => origin.topicId !== topicId)
  if (foreign) throw recreated(topic, foreign.topicId, topicId)
  const missing = description.partitions.filter(partition => !known.has(partition))
  if (missing.length === 0) return known
  const offsets = await driver.offsets(topic)
  for (const partition of missing) {
    await decideOrigin(clickhouse, {
      topic,
      topicId,
      partition,
      begin: offsets.get(partition)?.earliest ?? 0,
    })
  }
  return ensureOrigins(clickhouse, driver, description)
}

async function decideOrigin(clickhouse: ClickHouse, origin: PartitionOrigin): Promise<void> {
  const { topic, partition } = origin
  const where = 'topic = {topic:String} AND partition = {partition:Int32}'
  await compareAndSwap({
    token: `partition/${topic}/${partition}`,
    isUnknownOutcome,
    wait: retryWait(60_000),
    insert: token =>
      clickhouse.command(
        `INSERT INTO partitions SELECT {topic:String}, {topicId:String}, {partition:Int32}, {begin:Int64}, now64(3)
         WHERE (SELECT count() FROM partitions WHERE ${where}) = 0`,
        { params: { ...origin }, settings: { insert_deduplication_token: token } },
      ),
    settle: async () => {
      const rows = await clickhouse.rows<{ n: string }>(
        `SELECT count() AS n FROM partitions WHERE ${where}`,
        { params: { topic, partition } },
      )
      return Number(rows[0]?.n) > 0 ? 'ours' : 'absent'
    },
  })
}

function recreated(topic: string, recordedId: string, foundId: string): TwofoldError {
  return new TwofoldError(
    'TOPIC_RECREATED',
    `The topic ${topic} has the id ${foundId}, but this platform was fed by the topic of that name with the id ${recordedId}: it was deleted and created again.`,
    { details: { topic, recordedId, foundId } },
  )
}
