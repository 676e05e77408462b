import { type Admin, Kafka, type Message, type Producer, type Transaction } from 'kafkajs'
import { Random } from '../../simulation/random.ts'
import { drawRecord, type LoadRecord } from './events.ts'
import { bytesOf, LedgerWriter } from './ledger.ts'
import type { Scenario } from './scenario.ts'

/** What is done to a cluster from outside, by kafkajs: nothing of it is Twofold's to do. */
export class KafkaTools {
  readonly admin: Admin
  readonly #kafka: Kafka
  readonly #producers: Producer[] = []

  private constructor(kafka: Kafka, admin: Admin) {
    this.#kafka = kafka
    this.admin = admin
  }

  static async open(brokers: readonly string[]): Promise<KafkaTools> {
    const kafka = new Kafka({ brokers: [...brokers], logCreator: () => () => {} })
    const admin = kafka.admin()
    await admin.connect()
    return new KafkaTools(kafka, admin)
  }

  /** Deletes the records of a partition below an offset, as retention does. */
  async deleteBelow(topic: string, partition: number, offset: number): Promise<void> {
    // kafkajs asks the leaders that it knows, and learns of them here.
    await this.admin.fetchTopicOffsets(topic)
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
  }

  async addPartitions(topic: string, count: number): Promise<void> {
    await this.admin.createPartitions({ topicPartitions: [{ topic, count }] })
  }

  /** Begins a transaction of a producer of its own. `timeoutMs`: for so long Kafka lets it be open. */
  async transaction(scenario: Scenario, topicId: string, timeoutMs = 60_000) {
    const { topic } = scenario
    const transactionalId = `${topic}-${this.#producers.length}`
    const settings = {
      transactionalId,
      transactionTimeout: timeoutMs,
      maxInFlightRequests: 1,
      idempotent: true,
    }
    const producer = this.#kafka.producer(settings)
    this.#producers.push(producer)
    await producer.connect()
    const random = new Random(this.#producers.length)
    return new LoadTransaction(
      await producer.transaction(),
      topic,
      new LedgerWriter(scenario.newLedger(), topicId),
      random,
    )
  }

  async close(): Promise<void> {
    await Promise.all([this.admin, ...this.#producers].map(client => client.disconnect()))
  }
}

/** A part of the load that is produced in a transaction. Its records count once it is committed. */
export class LoadTransaction {
  readonly #transaction: Transaction
  readonly #topic: string
  readonly #ledger: LedgerWriter
  readonly #random: Random
  readonly #sent: { readonly record: LoadRecord; readonly partition: number; readonly offset: number }[] = []

  constructor(transaction: Transaction, topic: string, ledger: LedgerWriter, random: Random) {
    this.#transaction = transaction
    this.#topic = topic
    this.#ledger = ledger
    this.#random = random
  }

  /** Produces some records to a partition. @returns the offset of the first */
  async send(partition: number, count = 5): Promise<number> {
    const records = Array.from({ length: count }, () => drawRecord(this.#random, [partition]))
    const messages = records.map(messageOf)
    const [written] = await this.#transaction.send({ topic: this.#topic, messages, acks: -1 })
    const first = Number(written!.baseOffset)
    this.#sent.push(...records.map((record, index) => ({ record, partition, offset: first + index })))
    return first
  }

  async commit(): Promise<void> {
    const records = this.#sent.map(({ record }) => record)
    const call = this.#ledger.sent(records)
    await this.#transaction.commit()
    this.#ledger.acknowledged(call, records, this.#sent)
    this.#ledger.close()
  }

  async abort(): Promise<void> {
    await this.#transaction.abort()
    this.#ledger.close()
  }
}

/** A record as kafkajs takes it. */
function messageOf({ partition, key, value, headers, timestampMs }: LoadRecord): Message {
  const named: Record<string, string[]> = {}
  for (const header of headers) (named[header.name] ??= []).push(header.value ?? '')
  return {
    ...{ partition, headers: named, timestamp: String(timestampMs) },
    key: bytesOf(key) as Buffer | null,
    value: bytesOf(value) as Buffer | null,
  }
}
