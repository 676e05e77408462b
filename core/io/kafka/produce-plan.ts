import type { ProducerRecord } from './driver.ts'
import { recordSizeBytes } from './protocol/record-batch-writer.ts'

/** Records of one call, by their indexes, that go to one partition in one batch. */
export interface ProduceChunk {
  readonly partition: number
  readonly indexes: readonly number[]
}

/** Kafka's default limit on a batch is 1 MiB: `max.message.bytes` of the topic. */
const MAX_BATCH_BYTES = 900_000
/** Far below the 100 MiB of `socket.request.max.bytes`, at which a broker breaks the connection off. */
const MAX_REQUEST_BYTES = 32 * 2 ** 20

/** A chunk that records may still be added to. */
interface OpenChunk {
  readonly round: number
  readonly indexes: number[]
  sizeBytes: number
}

/**
 * Splits a call into rounds of requests, each with at most one batch per partition, of a size that Kafka accepts by
 * default, and of all batches together no more than one request holds. A record that is larger than that has a batch,
 * or a round, to itself. Order within a partition is kept.
 */
export function planProduce(
  records: readonly ProducerRecord[],
  partitionOf: (record: ProducerRecord) => number,
): ProduceChunk[][] {
  const rounds: ProduceChunk[][] = []
  const roundBytes: number[] = []
  const open = new Map<number, OpenChunk>()
  const fits = (round: number, sizeBytes: number) => (roundBytes[round] ?? 0) + sizeBytes <= MAX_REQUEST_BYTES
  records.forEach((record, index) => {
    const partition = partitionOf(record)
    const sizeBytes = recordSizeBytes(record)
    let chunk = open.get(partition)
    if (
      chunk === undefined ||
      chunk.sizeBytes + sizeBytes > MAX_BATCH_BYTES ||
      !fits(chunk.round, sizeBytes)
    ) {
      let round = (chunk?.round ?? -1) + 1
      while (round < rounds.length && !fits(round, sizeBytes)) round++
      chunk = { round, indexes: [], sizeBytes: 0 }
      open.set(partition, chunk)
      const batches = (rounds[round] ??= [])
      batches.push({ partition, indexes: chunk.indexes })
    }
    chunk.indexes.push(index)
    chunk.sizeBytes += sizeBytes
    roundBytes[chunk.round] = (roundBytes[chunk.round] ?? 0) + sizeBytes
  })
  return rounds
}
