import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import type { RawRecord } from '../../core/model/record.ts'

const LIMITS = { maxWaitMs: 200, maxBytes: 16 << 20, maxPartitionBytes: 4 << 20 }

/** All that stands in a topic now, by partition and in order. */
export async function readLog(driver: KafkaDriver, topic: string): Promise<Map<number, RawRecord[]>> {
  const { topicId } = (await driver.describeTopic(topic))!
  const offsets = await driver.offsets(topic)
  const log = new Map([...offsets.keys()].map(partition => [partition, [] as RawRecord[]]))
  const reader = await driver.openReader(topic, topicId)
  const positions = new Map([...offsets].map(([partition, { earliest }]) => [partition, earliest]))
  const isRead = () => [...offsets].every(([partition, { end }]) => positions.get(partition)! >= end)
  while (!isRead()) {
    for (const batch of await reader.fetch(positions, LIMITS)) {
      log.get(batch.partition)!.push(...batch.records)
      positions.set(batch.partition, batch.end)
    }
  }
  await reader.close()
  return log
}
