import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { KafkaRequest } from './request.ts'

/** An encoded record batch on its way to a partition. */
export interface ProduceBatch {
  readonly partition: number
  readonly bytes: Buffer
}

export interface ProducedPartition {
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: number
}

const ALL_REPLICAS = -1
const REPLICATION_TIMEOUT_MS = 10_000

/** Produce, version 9, with acks = all. One batch per partition. */
export function produceRequest(
  topic: string,
  batches: readonly ProduceBatch[],
): KafkaRequest<readonly ProducedPartition[]> {
  const body = new ByteWriter()
    .unsignedVarint(0) // transactional_id: null
    .int16(ALL_REPLICAS)
    .int32(REPLICATION_TIMEOUT_MS)
    .compactArray([topic], writer => writer.compactString(topic).compactArray(batches, writeBatch).noTags())
    .noTags()
    .toBuffer()
  const brokerWaitMs = REPLICATION_TIMEOUT_MS
  return { name: 'Produce', apiKey: 0, apiVersion: 9, body, brokerWaitMs, decode: readAnswer }
}

function writeBatch(writer: ByteWriter, { partition, bytes }: ProduceBatch): void {
  writer.int32(partition).compactBytes(bytes).noTags()
}

function readAnswer(reader: ByteReader): ProducedPartition[] {
  return reader.compactArray(readTopic).flat()
}

function readTopic(reader: ByteReader): ProducedPartition[] {
  reader.compactString()
  const partitions = reader.compactArray(readPartition)
  reader.skipTags()
  return partitions
}

function readPartition(reader: ByteReader): ProducedPartition {
  const produced = { partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() }
  reader.view(16) // log_append_time_ms, log_start_offset
  reader.compactArray(readRecordError)
  reader.compactString() // error_message
  reader.skipTags()
  return produced
}

function readRecordError(reader: ByteReader): void {
  reader.int32()
  reader.compactString()
  reader.skipTags()
}
