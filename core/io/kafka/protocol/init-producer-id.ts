import type { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { KafkaRequest } from './request.ts'

/** By which the broker knows an idempotent producer and so the batches it has already. */
export interface ProducerIdentity {
  readonly errorCode: number
  readonly producerId: number
  readonly epoch: number
}

/** InitProducerId, version 2, for a producer that is idempotent but not transactional. */
export function initProducerIdRequest(): KafkaRequest<ProducerIdentity> {
  const body = new ByteWriter()
    .unsignedVarint(0) // transactional_id: null
    .int32(-1) // transaction_timeout_ms
    .noTags()
    .toBuffer()
  return { name: 'InitProducerId', apiKey: 22, apiVersion: 2, body, brokerWaitMs: 0, decode: readIdentity }
}

function readIdentity(reader: ByteReader): ProducerIdentity {
  reader.int32() // throttle_time_ms
  return { errorCode: reader.int16(), producerId: reader.int64(), epoch: reader.int16() }
}
