import type { KafkaDriver } from '../core/io/kafka/driver.ts'
import type { PartitionOrigin } from '../core/model/partition.ts'
import type { RecordBatch } from '../core/model/record.ts'

const LIMITS = { maxWaitMs: 500, maxBytes: 16 * 2 ** 20, maxPartitionBytes: 4 * 2 ** 20 }

/**
 * The records of one partition's offsets `[start, end)`, which the log must have reached, batch by batch and without a
 * hole between the batches' ranges.
 * @throws OFFSET_OUT_OF_RANGE where Kafka no longer holds them, TOPIC_RECREATED where the topic is another one
 */
export async function* readKafkaRange(
  driver: KafkaDriver,
  { topic, topicId, partition }: PartitionOrigin,
  start: number,
  end: number,
): AsyncGenerator<RecordBatch> {
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
