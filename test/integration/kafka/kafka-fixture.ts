import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, Kafka, type Transaction } from 'kafkajs'
import type { KafkaDriver, ProducerRecord, TopicReader } from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import {
  type EmbeddedKafka,
  startEmbeddedKafka,
} from '../../../ingest/embedded-kafka/start-embedded-kafka.ts'

export const LIMITS = { maxWaitMs: 200, maxBytes: 16_000_000, maxPartitionBytes: 4_000_000 }

/** A real broker in a temporary folder, the driver under test, and kafkajs as the tool for what no driver does. */
export interface KafkaFixture {
  readonly driver: KafkaDriver
  readonly admin: Admin
  /** Starts the same broker, on the same data, again. */
  restart(): Promise<void>
  broker(): EmbeddedKafka
  /** A new topic: its name and id. */
  topic(
    partitions?: number,
    config?: Readonly<Record<string, string>>,
  ): Promise<{ topic: string; topicId: string }>
  /** Produces to partition 0 of a topic, with a producer of its own. */
  produce(topic: string, values: readonly string[]): Promise<void>
  /** Begins a transaction of a transactional producer of its own. */
  transaction(): Promise<Transaction>
  close(): Promise<void>
}

export async function startKafkaFixture(name: KafkaDriver['name']): Promise<KafkaFixture> {
  const dataDir = await mkdtemp(join(tmpdir(), 'twofold-kafka-'))
  const port = await freePort()
  // With automatic creation switched on, a call that creates a topic by accident shows.
  const settings = { 'auto.create.topics.enable': 'true' }
  const start = (): Promise<EmbeddedKafka> =>
    startEmbeddedKafka({ dataDir, port, settings, onProgress: () => {} })
  let broker = await start()
  const driver = await openKafkaDriver(name, { brokers: broker.brokers, clientId: 'contract' })
  const kafka = new Kafka({ brokers: [...broker.brokers], logCreator: () => () => {} })
  const admin = kafka.admin()
  await admin.connect()
  const producers: { disconnect(): Promise<void> }[] = []
  let topics = 0

  return {
    driver,
    admin,
    broker: () => broker,
    restart: async () => {
      broker = await start()
    },
    topic: async (partitions = 1, config = {}) => {
      const topic = `topic-${++topics}`
      const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }))
      await admin.createTopics({ topics: [{ topic, numPartitions: partitions, configEntries }] })
      const { topicId } = (await driver.describeTopic(topic))!
      return { topic, topicId }
    },
    produce: async (topic, values) => {
      const producer = await driver.openProducer()
      await producer.send(topic, values.map(textRecord))
      await producer.close()
    },
    transaction: async () => {
      const transactionalId = `transaction-${producers.length}`
      const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true })
      producers.push(producer)
      await producer.connect()
      return producer.transaction()
    },
    close: async () => {
      await Promise.all([
        driver.close(),
        admin.disconnect(),
        ...producers.map(producer => producer.disconnect()),
      ])
      await broker.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** A position in one partition, as readers take it. */
export function at(position: number, partition = 0): Map<number, number> {
  return new Map([[partition, position]])
}

export function numbered(count: number, prefix = 'record'): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix} ${n}`)
}

export function textRecord(value: string): ProducerRecord {
  return { key: null, value: Buffer.from(value), partition: 0 }
}

export function textOf({ value }: RawRecord): string {
  return Buffer.from(value!).toString()
}

/** Reads a partition from an offset until the driver's end of the topic, as a consumer would. */
export async function readToEnd(
  driver: KafkaDriver,
  reader: TopicReader,
  topic: string,
  start = 0,
  partition = 0,
): Promise<RawRecord[]> {
  const { end } = (await driver.offsets(topic)).get(partition)!
  const records: RawRecord[] = []
  const deadline = performance.now() + 60_000
  for (let position = start; position < end; ) {
    if (performance.now() > deadline)
      throw new Error(`stuck at offset ${position} before the end ${end} of ${topic}`)
    const [batch] = await reader.fetch(new Map([[partition, position]]), LIMITS)
    if (batch === undefined) continue
    records.push(...batch.records)
    position = batch.end
  }
  return records
}

/** The texts of a topic's first partition, by a reader that is opened and closed for it. */
export async function readTexts(driver: KafkaDriver, topic: string, start = 0): Promise<string[]> {
  const { topicId } = (await driver.describeTopic(topic))!
  const reader = await driver.openReader(topic, topicId)
  const records = await readToEnd(driver, reader, topic, start)
  await reader.close()
  return records.map(textOf)
}
