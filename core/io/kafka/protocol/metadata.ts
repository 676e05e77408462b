import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { KafkaRequest } from './request.ts'

/** What a broker knows of its cluster and of one topic. */
export interface ClusterMetadata {
  readonly clusterId: string | null
  readonly brokers: readonly BrokerAddress[]
  readonly topics: readonly TopicMetadata[]
}

export interface BrokerAddress {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export interface TopicMetadata {
  readonly errorCode: number
  readonly topicId: string
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly partition: number
  /** Node id; −1 while there is none. */
  readonly leader: number
  readonly leaderEpoch: number
}

const ANY_TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Metadata, version 12: the one that tells topic ids and that no kafkajs request speaks. Asks for the topics
 * by name and never creates any.
 */
export function metadataRequest(topics: readonly string[]): KafkaRequest<ClusterMetadata> {
  const body = new ByteWriter()
    .compactArray(topics, (writer, topic) => writer.uuid(ANY_TOPIC_ID).compactString(topic).noTags())
    .int8(0) // allow_auto_topic_creation
    .int8(0) // include_topic_authorized_operations
    .noTags()
    .toBuffer()
  return { name: 'Metadata', apiKey: 3, apiVersion: 12, body, brokerWaitMs: 0, decode: readMetadata }
}

function readMetadata(reader: ByteReader): ClusterMetadata {
  reader.int32() // throttle_time_ms
  const brokers = reader.compactArray(readBroker)
  const clusterId = reader.compactString()
  reader.int32() // controller_id
  return { clusterId, brokers, topics: reader.compactArray(readTopic) }
}

function readBroker(reader: ByteReader): BrokerAddress {
  const broker = { nodeId: reader.int32(), host: reader.compactString()!, port: reader.int32() }
  reader.compactString() // rack
  reader.skipTags()
  return broker
}

function readTopic(reader: ByteReader): TopicMetadata {
  const errorCode = reader.int16()
  reader.compactString() // name
  const topicId = reader.uuid()
  reader.int8() // is_internal
  const partitions = reader.compactArray(readPartition)
  reader.int32() // topic_authorized_operations
  reader.skipTags()
  return { errorCode, topicId, partitions: partitions.sort((a, b) => a.partition - b.partition) }
}

function readPartition(reader: ByteReader): PartitionMetadata {
  reader.int16() // error_code: a missing leader shows as −1 below
  const metadata = { partition: reader.int32(), leader: reader.int32(), leaderEpoch: reader.int32() }
  for (let list = 0; list < 3; list++) reader.compactArray(r => r.int32()) // replicas, in sync, offline
  reader.skipTags()
  return metadata
}
