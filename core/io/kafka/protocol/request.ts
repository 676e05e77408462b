import kafkajsErrors from 'kafkajs/src/protocol/error.js'
import type { ByteReader } from './byte-reader.ts'

/** A request of the Kafka protocol in one of its flexible versions, ready to be sent by a `ClusterLink`. */
export interface KafkaRequest<Response> {
  readonly name: string
  readonly apiKey: number
  readonly apiVersion: number
  /** The body, without any header. */
  readonly body: Buffer
  /** How long the broker may take by itself, on top of the connection's own time-out. */
  readonly brokerWaitMs: number
  /** Reads the body of the answer. */
  decode(reader: ByteReader): Response
}

/** The error codes of the Kafka protocol that Twofold tells apart. */
export const KAFKA_ERROR = {
  NONE: 0,
  OFFSET_OUT_OF_RANGE: 1,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  UNKNOWN_TOPIC_ID: 100,
  INCONSISTENT_TOPIC_ID: 103,
} as const

/** A broker answered a request with an error code of the protocol. */
export class KafkaProtocolError extends Error {
  override readonly name = 'KafkaProtocolError'
  readonly code: number

  constructor(code: number, what: string) {
    super(
      `${what} was answered with Kafka's error ${code}: ${kafkajsErrors.createErrorFromCode(code).message}`,
    )
    this.code = code
  }
}
