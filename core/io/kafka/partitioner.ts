import type { ProducerRecord } from './driver.ts'

/** Which partition each record goes to: the one it names, else by its key, else spread evenly. */
export class Partitioner {
  #keyless = 0

  partitionOf(record: ProducerRecord, partitions: readonly number[]): number {
    if (record.partition !== undefined) return record.partition
    const index = record.key === null ? this.#keyless++ : murmur2(record.key) & 0x7fffffff
    return partitions[index % partitions.length]!
  }
}

/**
 * The hash by which Kafka's Java client chooses a partition: MurmurHash2, 32 bits, of Kafka's own seed.
 * kafkajs has it too, in 64-bit arithmetic on objects, slower.
 *
 * @see org.apache.kafka.common.utils.Utils#murmur2
 */
export function murmur2(bytes: Uint8Array): number {
  const m = 0x5bd1e995
  const wholeBytes = bytes.length & ~3
  let hash = 0x9747b28c ^ bytes.length
  for (let at = 0; at < wholeBytes; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    const mixed = Math.imul(word, m)
    hash = Math.imul(hash, m) ^ Math.imul(mixed ^ (mixed >>> 24), m)
  }
  for (let at = bytes.length - 1; at >= wholeBytes; at--) hash ^= bytes[at]! << (8 * (at - wholeBytes))
  if (wholeBytes < bytes.length) hash = Math.imul(hash, m)
  hash = Math.imul(hash ^ (hash >>> 13), m)
  return hash ^ (hash >>> 15)
}
