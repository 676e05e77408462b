import type { KafkaConnection, KafkaDriver } from './driver.ts'
import { IdempotentProducer } from './idempotent-producer.ts'
import { failureOf } from './kafka-error.ts'
import { RdkafkaConsumer } from './rdkafka-consumer.ts'
import { loadRdkafka } from './rdkafka-module.ts'
import { RdkafkaReader } from './rdkafka-reader.ts'
import { Topics } from './topics.ts'

/**
 * Reads with librdkafka, through the optional package node-rdkafka. Metadata and producing are those of the
 * default driver: node-rdkafka tells no topic ids, and its producer writes header values as text only. A
 * header without a value reads as an empty one.
 *
 * @throws DRIVER_NOT_INSTALLED
 */
export async function openRdkafkaDriver(connection: KafkaConnection): Promise<KafkaDriver> {
  await loadRdkafka()
  const topics = new Topics(connection)
  return {
    name: 'node-rdkafka',
    codecs: ['gzip', 'snappy', 'lz4'],
    describeTopic: topic => topics.describe(topic),
    createTopic: (topic, settings) => topics.create(topic, settings),
    offsets: topic => topics.offsets(topic),
    openReader: async (topic, topicId) => {
      await topics.requireSame(topic, topicId)
      const consumer = await RdkafkaConsumer.open(connection).catch(error => {
        throw failureOf(`Opening a reader of topic "${topic}"`, error)
      })
      return new RdkafkaReader(connection, consumer, topic, topicId)
    },
    openProducer: async options => new IdempotentProducer(connection, options ?? {}),
    close: () => topics.close(),
  }
}
