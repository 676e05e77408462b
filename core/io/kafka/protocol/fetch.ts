import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { KafkaRequest } from './request.ts'

export interface FetchPlan {
  readonly topicId: string
  readonly partitions: readonly FetchPosition[]
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
}

export interface FetchPosition {
  readonly partition: number
  /**
   * The epoch of the leader we believe in, so that a deposed one refuses: it may lack the newest records and
   * would call our position out of range.
   */
  readonly leaderEpoch: number
  readonly offset: number
}

/** One partition's part of the answer: whole record batches, the last one possibly cut off. */
export interface FetchedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly aborted: readonly AbortedTransaction[]
  readonly bytes: Buffer
}

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

const READ_COMMITTED = 1

/**
 * Fetch, version 13: it names the topic by its id, so the broker itself refuses (UNKNOWN_TOPIC_ID or
 * INCONSISTENT_TOPIC_ID) to answer from any other incarnation of the topic.
 */
export function fetchRequest(plan: FetchPlan): KafkaRequest<FetchAnswer> {
  const body = new ByteWriter()
    .int32(-1) // replica_id: a consumer
    .int32(plan.maxWaitMs)
    .int32(1) // min_bytes: answer as soon as there is anything
    .int32(plan.maxBytes)
    .int8(READ_COMMITTED)
    .int32(0) // session_id
    .int32(-1) // session_epoch: no session
    .compactArray([plan], writeTopic)
    .compactArray([], () => {}) // forgotten_topics_data
    .compactString('') // rack_id
    .noTags()
    .toBuffer()
  return { name: 'Fetch', apiKey: 1, apiVersion: 13, body, brokerWaitMs: plan.maxWaitMs, decode: readAnswer }
}

function writeTopic(writer: ByteWriter, plan: FetchPlan): void {
  writer.uuid(plan.topicId).compactArray(plan.partitions, (_, position) => {
    writer
      .int32(position.partition)
      .int32(position.leaderEpoch)
      .int64(position.offset)
      .int32(-1) // last_fetched_epoch: for followers
      .int64(-1) // log_start_offset: for followers
      .int32(plan.maxPartitionBytes)
      .noTags()
  })
  writer.noTags()
}

function readAnswer(reader: ByteReader): FetchAnswer {
  reader.int32() // throttle_time_ms
  const errorCode = reader.int16()
  reader.int32() // session_id
  const topics = reader.compactArray(readTopic)
  return { errorCode, partitions: topics.flat() }
}

function readTopic(reader: ByteReader): FetchedPartition[] {
  reader.uuid()
  const partitions = reader.compactArray(readPartition)
  reader.skipTags()
  return partitions
}

function readPartition(reader: ByteReader): FetchedPartition {
  const partition = reader.int32()
  const errorCode = reader.int16()
  reader.view(24) // high_watermark, last_stable_offset, log_start_offset
  const aborted = reader.compactArray(readAbortedTransaction)
  reader.int32() // preferred_read_replica
  const bytes = reader.compactBytes() ?? Buffer.alloc(0)
  reader.skipTags()
  return { partition, errorCode, aborted, bytes }
}

function readAbortedTransaction(reader: ByteReader): AbortedTransaction {
  const transaction = { producerId: reader.int64(), firstOffset: reader.int64() }
  reader.skipTags()
  return transaction
}
