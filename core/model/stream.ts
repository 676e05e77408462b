import type { FieldDefinition, PathStep } from './column-type.ts'

/** One column of a stream's schema. `path` leads to it in the event's JSON; it is empty where `from` is there. */
export interface ColumnDefinition extends FieldDefinition {
  /** Where in the Kafka record around the event the value stands, instead of in the event's JSON. */
  readonly from?: EnvelopeSource
  /** Other paths, tried in this order where nothing but null stands at `path`; absent where there are none. */
  readonly aliases?: readonly (readonly PathStep[])[]
}

/** What a Kafka record has beside its value. Of headers that share a name the last counts. */
export type EnvelopeSource =
  | { readonly part: 'timestamp' | 'key' | 'partition' | 'offset' }
  | { readonly part: 'header'; readonly name: string }

/** How the events of a record stand in its value: a line each, or the elements of the list at a path. */
export type Framing = { readonly kind: 'lines' } | { readonly kind: 'list'; readonly path: readonly string[] }

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
  /** How repeated events are left out, where the stream declares an id. */
  readonly deduplication?: Deduplication
  /** Where a record holds several events; by default it is one. */
  readonly framing?: Framing
  /** Records without a value are left out as filtered, instead of being quarantined. */
  readonly tombstones?: 'ignore'
  /** Settings of the topic where Twofold creates it; never changed on one that exists. */
  readonly topicSettings: TopicSettings
}

/**
 * An event is left out if and only if its id stands in an event before it in its partition, whose offset is lower by
 * `within` at most; whether that one was left out itself does not matter. An event without an id never is.
 */
export interface Deduplication {
  /** The column of the event id. */
  readonly column: string
  /** Offsets. */
  readonly within: number
}

export interface TopicSettings {
  readonly partitions: number
  readonly replicationFactor: number
  /** Kafka's `retention.ms`; −1 keeps for ever, `undefined` leaves it to the broker. */
  readonly retentionMs: number | undefined
  /** Kafka's `max.message.bytes`, where the broker's own would be too little for the stream's events. */
  readonly maxMessageBytes?: number
}

/** Whether a stream's events are made of more than the values of their records: of keys, headers or Kafka's timestamps. */
export function readsEnvelope({ columns }: Pick<StreamDefinition, 'columns'>): boolean {
  return columns.some(({ from }) => from !== undefined && from.part !== 'partition' && from.part !== 'offset')
}
