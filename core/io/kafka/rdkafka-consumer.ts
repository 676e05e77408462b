import type { ConsumerGlobalConfig, KafkaConsumer, LibrdKafkaError, Message } from 'node-rdkafka'
import type { KafkaConnection } from './driver.ts'
import { loadRdkafka, rdkafkaConnection } from './rdkafka-module.ts'

/** What one call brought: messages in order, and for partitions read to their end, that end. */
export interface Consumed {
  readonly messages: readonly Message[]
  readonly ends: ReadonlyMap<number, number>
}

/** Behind the message of every error of librdkafka stands its code, negative for those that arise in the client. */
export class RdkafkaError extends Error {
  override readonly name = 'KafkaRdkafkaError'
  readonly code: number

  constructor({ message, code }: LibrdKafkaError) {
    super(message)
    this.code = code
  }
}

/** The consumer of node-rdkafka as promises: partitions assigned by hand, never its flowing mode, no commits. */
export class RdkafkaConsumer {
  readonly #consumer: KafkaConsumer
  #ends = new Map<number, number>()
  #consuming: Promise<unknown> = Promise.resolve()

  private constructor(consumer: KafkaConsumer) {
    this.#consumer = consumer
    consumer.on('partition.eof', ({ partition, offset }: { partition: number; offset: number }) => {
      this.#ends.set(partition, offset)
    })
  }

  static async open(connection: KafkaConnection): Promise<RdkafkaConsumer> {
    const rdkafka = await loadRdkafka()
    const settings: ConsumerGlobalConfig = {
      ...rdkafkaConnection(connection),
      'group.id': 'twofold', // librdkafka demands one; nothing joins it and nothing is committed
      'enable.auto.commit': false,
      'enable.partition.eof': true,
      'isolation.level': 'read_committed',
      'allow.auto.create.topics': false,
      'fetch.wait.max.ms': 100,
      'fetch.queue.backoff.ms': 5,
      log_level: 0,
    }
    const consumer = new rdkafka.KafkaConsumer(settings, { 'auto.offset.reset': 'error' })
    await new Promise<void>((resolve, reject) => {
      consumer.connect({}, error => (error ? reject(new RdkafkaError(error)) : resolve()))
    })
    return new RdkafkaConsumer(consumer)
  }

  assign(topic: string, positions: ReadonlyMap<number, number>): void {
    this.#ends.clear()
    this.#consumer.assign([...positions].map(([partition, offset]) => ({ topic, partition, offset })))
  }

  /** Waits up to `maxWaitMs` for a message, then takes those that are there, up to `maxMessages`. */
  consume(maxMessages: number, maxWaitMs: number): Promise<Consumed> {
    this.#ends = new Map()
    this.#consumer.setDefaultConsumeTimeout(maxWaitMs)
    const consumed = new Promise<Consumed>((resolve, reject) => {
      this.#consumer.consume(maxMessages, (error, messages) => {
        if (error) reject(new RdkafkaError(error))
        else resolve({ messages, ends: this.#ends })
      })
    })
    this.#consuming = consumed.catch(() => {})
    return consumed
  }

  async close(): Promise<void> {
    await this.#consuming
    await new Promise<void>(resolve => {
      this.#consumer.disconnect(() => resolve())
    })
  }
}
