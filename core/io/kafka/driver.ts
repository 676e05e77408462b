import type { RecordBatch, RecordHeader } from '../../model/record.ts'
import type { TopicSettings } from '../../model/stream.ts'

/**
 * The port through which all of Twofold speaks to Kafka: metadata, a simple consumer and a producer.
 * Drivers differ in speed, never in what they promise; one contract suite runs against each.
 */
export interface KafkaDriver {
  readonly name: 'kafkajs' | 'node-rdkafka'
  /**
   * The compression codecs whose batches this driver reads. Layers name the others when they start, and refuse a topic
   * that the broker compresses with one of them: `readable-codecs.ts`.
   */
  readonly codecs: readonly Codec[]
  /** The topic as the cluster knows it now, or `undefined` where there is none. Never creates one. */
  describeTopic(topic: string): Promise<TopicDescription | undefined>
  /** Creates a topic; one that exists already is left as it is. */
  createTopic(topic: string, settings: TopicSettings): Promise<void>
  /** First offset still held, and the end below which all is stable (the last stable offset), per partition. */
  offsets(topic: string): Promise<ReadonlyMap<number, PartitionOffsets>>
  /** Opens a reader bound to one incarnation of a topic. */
  openReader(topic: string, topicId: string): Promise<TopicReader>
  openProducer(options?: ProducerOptions): Promise<KafkaProducer>
  close(): Promise<void>
}

export type Codec = 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** What a producer compresses with. zstd is only read. */
export type WritableCodec = Exclude<Codec, 'zstd'>

export interface TopicDescription {
  readonly topic: string
  /** Kafka's id of this incarnation of the topic, as 22 characters of URL-safe base64, as Kafka prints it. */
  readonly topicId: string
  /** Ascending. */
  readonly partitions: readonly number[]
  /** The topic's `cleanup.policy`. */
  readonly cleanupPolicy: string
  /** The topic's `compression.type`: a codec by which the broker compresses, or `producer` or `uncompressed`. */
  readonly compressionType: string
}

export interface PartitionOffsets {
  readonly earliest: number
  readonly end: number
}

/** A simple consumer with `read_committed` isolation. Holds no position: the caller names it each time. */
export interface TopicReader {
  /**
   * Reads on from `positions` (partition → next offset). Answers as soon as any partition has something, at
   * the latest after `maxWaitMs`, with at most one batch per partition; a partition without news is left out.
   * A batch's `end` is the next position: it also passes transaction markers, aborted records and gaps.
   * Before it answers, the reader makes sure that the topic's id is still the one it was opened with, so no
   * record of another incarnation is ever handed over.
   *
   * @throws OFFSET_OUT_OF_RANGE where a position is no longer, or not yet, in the log: never resets
   * @throws TOPIC_RECREATED where the topic is gone or has another id
   * @throws KAFKA_UNAVAILABLE where no broker answers within the driver's time-outs
   * @throws CODEC_UNREADABLE for a batch in a codec this driver cannot read
   */
  fetch(positions: ReadonlyMap<number, number>, limits: FetchLimits): Promise<RecordBatch[]>
  close(): Promise<void>
}

export interface FetchLimits {
  readonly maxWaitMs: number
  /** A soft limit on the bytes of one answer in all. */
  readonly maxBytes: number
  /** Per partition, soft. */
  readonly maxPartitionBytes: number
}

export interface KafkaProducer {
  /**
   * Produces with acks = all and answers, in the order given, where each record stands. Records of one call
   * and partition keep their order, and calls that are awaited one after the other do too.
   * Without `partition`, a key decides by Kafka's murmur2, and records without a key are spread evenly.
   *
   * @throws PRODUCE_FAILED where Kafka did not acknowledge all of them: any of them may stand all the same
   * @throws TOPIC_NOT_FOUND, PARTITION_NOT_FOUND, KAFKA_REFUSED where none of them can
   */
  send(topic: string, records: readonly ProducerRecord[]): Promise<readonly RecordPosition[]>
  close(): Promise<void>
}

export interface ProducerOptions {
  readonly compression?: WritableCodec
}

export interface ProducerRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly partition?: number
  readonly headers?: readonly RecordHeader[]
  readonly timestampMs?: number
}

export interface RecordPosition {
  readonly partition: number
  readonly offset: number
}

/** How to reach a cluster. Secrets never appear in logs or errors. */
export interface KafkaConnection {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: boolean
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
}
