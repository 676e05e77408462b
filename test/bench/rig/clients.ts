import type { KafkaDriver, ProducerRecord } from '../../../core/io/kafka/driver.ts'
import { sum } from './progress.ts'

const EVENTS_A_CALL = 5000

/** Produces records, 5,000 a call. */
export async function produceAll(
  driver: KafkaDriver,
  topic: string,
  records: readonly ProducerRecord[],
): Promise<void> {
  const producer = await driver.openProducer()
  try {
    for (let at = 0; at < records.length; at += EVENTS_A_CALL) {
      await producer.send(topic, records.slice(at, at + EVENTS_A_CALL))
    }
  } finally {
    await producer.close()
  }
}

/** How many records a topic holds, where there are no transactions. */
export async function recordsIn(driver: KafkaDriver, topic: string): Promise<number> {
  return sum([...(await driver.offsets(topic)).values()].map(({ earliest, end }) => end - earliest))
}
