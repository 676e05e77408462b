import type { ProducerRecord } from './driver.ts'
import { recordSizeBytes } from './protocol/record-batch-writer.ts'

/** Records of one call, by their indexes, that go to one partition in one batch. */
export interface ProduceChunk {
  readonly partition: number
  readonly indexes: readonly number[]
}

/** Kafka's default limit on a batch is 1 MiB: `max.message.bytes` of the topic. */
const MAX_BATCH_BYTES = 900_000
/**
 * Splits a call into rounds of requests, each with at most one batch per partition that Kafka accepts by
 * default. A record that is larger than that has a batch to itself. Order within a partition is kept.
 */
export function planProduce(
  records: readonly ProducerRecord[],
  partitionOf: (record: ProducerRecord) => number,
): ProduceChunk[][] {
  const rounds: ProduceChunk[][] = []
  const open = new Map<number, { round: number; sizeBytes: number; indexes: number[] }>()
  records.forEach((record, index) => {
    const partition = partitionOf(record)
    const sizeBytes = recordSizeBytes(record)
    const current = open.get(partition)
    if (current !== undefined && current.sizeBytes + sizeBytes <= MAX_BATCH_BYTES) {
      current.indexes.push(index)
      current.sizeBytes += sizeBytes
      return
    }
    const chunk = { round: (current?.round ?? -1) + 1, sizeBytes, indexes: [index] }
    open.set(partition, chunk)
    const round = (rounds[chunk.round] ??= [])
    round.push({ partition, indexes: chunk.indexes })
  })
  return rounds
}
