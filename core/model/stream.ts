import type { ColumnType } from './column-type.ts'

/** One column of a stream's schema. `path` leads to it in the event's JSON. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: ColumnType
  readonly path: readonly string[]
  /** Other paths, tried in this order where nothing but null stands at `path`; absent where there are none. */
  readonly aliases?: readonly (readonly string[])[]
  /** A missing or null value is NULL instead of a reason for quarantine. */
  readonly optional: boolean
  /** Stands in for a missing or null value; written as it would stand in the event. */
  readonly default: string | number | boolean | undefined
}

/** A Kafka topic with a declared event schema. Plain data. */
export interface StreamDefinition {
  readonly topic: string
  readonly columns: readonly ColumnDefinition[]
  /** The column of the event time: a required timestamp. */
  readonly time: string
  /** The column that becomes the record key, and so decides the partition, of events that Twofold produces. */
  readonly key: string | undefined
  /** Offsets in a block: a power of two. */
  readonly blockSize: number
  /** The number of lanes; partition p belongs to lane p mod lanes. */
  readonly lanes: number
  /** Larger events are quarantined. */
  readonly maxEventBytes: number
  /** Settings of the topic where Twofold creates it; never changed on one that exists. */
  readonly topicSettings: TopicSettings
}

export interface TopicSettings {
  readonly partitions: number
  readonly replicationFactor: number
  /** Kafka's `retention.ms`; −1 keeps for ever, `undefined` leaves it to the broker. */
  readonly retentionMs: number | undefined
  /** Kafka's `max.message.bytes`, where the broker's own would be too little for the stream's events. */
  readonly maxMessageBytes?: number
}
