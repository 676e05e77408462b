/** One Kafka record as it was read: nothing decoded, nothing lost. */
export interface RawRecord {
  readonly offset: number
  /** Kafka's timestamp, milliseconds since 1970. */
  readonly timestampMs: number
  readonly key: Uint8Array | null
  /** `null` is a tombstone. */
  readonly value: Uint8Array | null
  /** In the record's order; a name may repeat. */
  readonly headers: readonly RecordHeader[]
}

export interface RecordHeader {
  readonly name: string
  readonly value: Uint8Array | null
}

/**
 * What one read of one partition brought: the records whose offsets lie in `[start, end)`, in order.
 * The range is logical: offsets inside may be missing (transaction markers, aborted records), and
 * `records` may be empty although `end > start`.
 */
export interface RecordBatch {
  readonly partition: number
  readonly start: number
  readonly end: number
  readonly records: readonly RawRecord[]
  /** A command declared the whole range lost: there are no records, and will be none. */
  readonly isLost?: true
}

/** What a record's events are made of: its place in the log, its bytes and, where a stream reads them, what is around. */
export type RecordValue = Pick<RawRecord, 'offset' | 'value'> & Partial<RecordEnvelope>

/** What stands in a record around its value. */
export type RecordEnvelope = Pick<RawRecord, 'timestampMs' | 'key' | 'headers'>

/** A batch of which only the values were read. */
export interface ValueBatch extends Omit<RecordBatch, 'records'> {
  readonly records: readonly RecordValue[]
}
