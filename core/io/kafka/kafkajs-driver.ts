import type { KafkaConnection, KafkaDriver } from './driver.ts'
import { IdempotentProducer } from './idempotent-producer.ts'
import { KafkajsReader } from './kafkajs-reader.ts'
import { READABLE_CODECS } from './protocol/compression.ts'
import { Topics } from './topics.ts'

/**
 * The default driver. kafkajs connects and authenticates; fetching and producing speak the protocol by hand,
 * because its consumer resets positions silently, cannot tell one incarnation of a topic from another, and
 * hands over records of aborted transactions that overlap.
 */
export function openKafkajsDriver(connection: KafkaConnection): KafkaDriver {
  const topics = new Topics(connection)
  return {
    name: 'kafkajs',
    codecs: READABLE_CODECS,
    describeTopic: topic => topics.describe(topic),
    createTopic: (topic, settings) => topics.create(topic, settings),
    offsets: topic => topics.offsets(topic),
    openReader: async (topic, topicId) => {
      await topics.requireSame(topic, topicId)
      return new KafkajsReader(connection, topic, topicId)
    },
    openProducer: async options => new IdempotentProducer(connection, options ?? {}),
    close: () => topics.close(),
  }
}
