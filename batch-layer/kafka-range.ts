import type { KafkaDriver } from '../core/io/kafka/driver.ts'
import { outOfRange } from '../core/io/kafka/topic-guard.ts'
import type { PartitionOrigin } from '../core/model/partition.ts'
import type { RecordBatch } from '../core/model/record.ts'

const LIMITS = { maxWaitMs: 500, maxBytes: 16 * 2 ** 20, maxPartitionBytes: 4 * 2 ** 20 }

/**
 * The records of one partition's offsets `[start, end)`, batch by batch and without a hole between their ranges.
 * @throws OFFSET_OUT_OF_RANGE where Kafka does not hold all of them, TOPIC_RECREATED where the topic is another one
 */
export async function* readKafkaRange(
  driver: KafkaDriver,
  { topic, topicId, partition }: PartitionOrigin,
  start: number,
  end: number,
): AsyncGenerator<RecordBatch> {
  const held = (await driver.offsets(topic)).get(partition)
  // A reader would wait for offsets that the log has not reached.
  if (held === undefined || held.end < end) throw outOfRange(topic, partition, end, held)
  const reader = await driver.openReader(topic, topicId)
  try {
    for (let position = start; position < end; ) {
      const [batch] = await reader.fetch(new Map([[partition, position]]), LIMITS)
      if (batch === undefined) continue
      const records = batch.records.filter(record => record.offset < end)
      position = Math.min(batch.end, end)
      yield { ...batch, end: position, records }
    }
  } finally {
    await reader.close()
  }
}
