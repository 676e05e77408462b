import type { FixedValues } from './column-batch.ts'
import type { RawRecord } from './record.ts'

/**
 * The digest of a set of records is the sum, modulo 2^64, of one hash per record. A sum does not depend on the order,
 * and as each hash depends on the record's place in the log and on its bytes, a record that is lost and one that
 * stands twice do not cancel out, as they would in a count.
 *
 * The hash keeps two lanes of 32 bits in the manner of MurmurHash3_x86_128: of every eight bytes the first word goes
 * into lane a, the second into lane b, and each lane takes the other in. So for one block each state leads to another
 * state, and two values that differ in one word go on with both lanes different. What is hashed, as little-endian
 * words:
 *
 * 1. once, the length in bytes of the topic id and 0, then its UTF-8 bytes
 * 2. the partition and offset div 2^32; offset mod 2^32 and the length of the value, −1 for a tombstone
 * 3. the bytes of the value
 *
 * Bytes are filled up with zeros to whole blocks; their length went before. The hash finds faults, not forgers.
 */
export class RecordHasher {
  readonly #seedA: number
  readonly #seedB: number
  #a = 0x9e3779b9 | 0
  #b = 0x85ebca6b | 0
  /** The value is copied here, where whole words can be read. */
  #bytes = new Uint8Array(4096)
  #words = new DataView(this.#bytes.buffer)
  /** The lower half of the hash of the record last given, unsigned. */
  low = 0
  /** The upper half, unsigned. */
  high = 0

  /** @param topicId of the topic's incarnation, as Kafka prints it */
  constructor(topicId: string) {
    const bytes = new TextEncoder().encode(topicId)
    this.#absorb(bytes.length, 0)
    this.#absorbBytes(bytes)
    this.#seedA = this.#a
    this.#seedB = this.#b
  }

  /** Hashes a record into `low` and `high`. A tombstone, `null`, has another hash than an empty value. */
  hash(partition: number, offset: number, value: Uint8Array | null): void {
    this.#a = this.#seedA
    this.#b = this.#seedB
    this.#absorb(partition, Math.floor(offset / TWO_32))
    this.#absorb(offset | 0, value === null ? -1 : value.length)
    if (value !== null) this.#absorbBytes(value)
    this.#finish()
  }

  #absorb(first: number, second: number): void {
    this.#a = mixIntoA(this.#a, this.#b, first)
    this.#b = mixIntoB(this.#a, this.#b, second)
  }

  #absorbBytes(value: Uint8Array): void {
    const end = value.length
    if (end + BLOCK_BYTES > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * end + BLOCK_BYTES)
      this.#words = new DataView(this.#bytes.buffer)
    }
    this.#bytes.set(value)
    const words = this.#words
    words.setFloat64(end, 0)
    let a = this.#a
    let b = this.#b
    for (let i = 0; i < end; i += BLOCK_BYTES) {
      a = mixIntoA(a, b, words.getInt32(i, true))
      b = mixIntoB(a, b, words.getInt32(i + 4, true))
    }
    this.#a = a
    this.#b = b
  }

  #finish(): void {
    const a = (this.#a + this.#b) | 0
    const b = (this.#b + a) | 0
    const low = avalanche(a)
    const high = avalanche(b)
    this.low = (low + high) >>> 0
    this.high = (high + this.low) >>> 0
  }
}

/**
 * The hashes of records of one partition, row by row: the values of a `uint64` column.
 */
export function hashRecords(
  hasher: RecordHasher,
  partition: number,
  records: readonly Pick<RawRecord, 'offset' | 'value'>[],
): FixedValues {
  const data = new Uint8Array(BLOCK_BYTES * records.length)
  const words = new Uint32Array(data.buffer)
  for (let row = 0; row < records.length; row++) {
    const { offset, value } = records[row]!
    hasher.hash(partition, offset, value)
    words[2 * row] = hasher.low
    words[2 * row + 1] = hasher.high
  }
  return { layout: 'fixed', width: BLOCK_BYTES, data }
}

/** Adds hashes modulo 2^64. */
export class DigestSum {
  #low = 0
  #high = 0

  /** Adds a hash given as its unsigned halves. */
  add(low: number, high: number): void {
    const sum = this.#low + low
    const carry = sum >= TWO_32 ? 1 : 0
    this.#low = sum - carry * TWO_32
    this.#high = (this.#high + high + carry) >>> 0
  }

  /** Adds the values of a column of hashes. */
  addAll(hashes: FixedValues): void {
    const { buffer, byteOffset, byteLength } = hashes.data
    const words = new DataView(buffer, byteOffset, byteLength)
    for (let i = 0; i < byteLength; i += BLOCK_BYTES) {
      this.add(words.getUint32(i, true), words.getUint32(i + 4, true))
    }
  }

  /** The sum, 0 … 2^64 − 1. */
  value(): bigint {
    return (BigInt(this.#high) << 32n) | BigInt(this.#low)
  }
}

const TWO_32 = 4_294_967_296
const BLOCK_BYTES = 8

// The constants and the order of steps are those of MurmurHash3_x86_128, by Austin Appleby (public domain).

function mixIntoA(a: number, b: number, word: number): number {
  const mixed = a ^ Math.imul(rotateLeft(Math.imul(word, 0x239b961b), 15), 0xab0e9789)
  return (Math.imul((rotateLeft(mixed, 19) + b) | 0, 5) + 0x561ccd1b) | 0
}

function mixIntoB(a: number, b: number, word: number): number {
  const mixed = b ^ Math.imul(rotateLeft(Math.imul(word, 0xab0e9789), 16), 0x38b34ae5)
  return (Math.imul((rotateLeft(mixed, 17) + a) | 0, 5) + 0x0bcaa747) | 0
}

/** Murmur's fmix32: each bit of the input changes each bit of the outcome in half of all cases. */
function avalanche(lane: number): number {
  let h = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
