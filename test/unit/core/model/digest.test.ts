import { describe, expect, it } from 'vitest'
import { DigestSum, hashRecords, RecordHasher } from '../../../../core/model/digest.ts'

const TOPIC = 'dGhlLXRvcGljLWlkLTEyMw'

function hashOf(
  topicId: string,
  partition: number,
  offset: number,
  value: string | Uint8Array | null,
): bigint {
  const hasher = new RecordHasher(topicId)
  hasher.hash(partition, offset, typeof value === 'string' ? Buffer.from(value) : value)
  return (BigInt(hasher.high) << 32n) | BigInt(hasher.low)
}

function bitsOf(word: bigint): number {
  return word.toString(2).replaceAll('0', '').length
}

describe('the hash of a record', () => {
  // Stored digests are compared with new ones: a changed vector is a changed format.
  it.each([
    ['AAAAAAAAAAAAAAAAAAAAAA', 0, 0, null, 0xdc2b6b16f3b9c6c7n],
    ['AAAAAAAAAAAAAAAAAAAAAA', 0, 0, '', 0xbd4b02ea206f026dn],
    ['AAAAAAAAAAAAAAAAAAAAAA', 0, 0, 'a', 0x14c8c29a97d5424fn],
    [TOPIC, 7, 2 ** 40 + 5, '{"user_id":42,"country":"DE"}', 0x4bfff26e82ce1c7cn],
  ])('of %s %d %d %j is pinned', (topicId, partition, offset, value, hash) => {
    expect(hashOf(topicId, partition, offset, value)).toBe(hash)
  })

  it('depends on topic, partition, offset and value', () => {
    const hashes = [
      hashOf(TOPIC, 0, 0, 'x'),
      hashOf('dGhlLXRvcGljLWlkLTEyNA', 0, 0, 'x'),
      hashOf(TOPIC, 1, 0, 'x'),
      hashOf(TOPIC, 0, 1, 'x'),
      hashOf(TOPIC, 0, 2 ** 32, 'x'),
      hashOf(TOPIC, 0, 0, 'y'),
      hashOf(TOPIC, 0, 0, 'x\0'),
      hashOf(TOPIC, 0, 0, '\0x'),
      hashOf(TOPIC, 0, 0, ''),
      hashOf(TOPIC, 0, 0, '\0'),
      hashOf(TOPIC, 0, 0, null),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('does not depend on what was hashed before, nor on where the bytes lie', () => {
    const hasher = new RecordHasher(TOPIC)
    const bytes = Buffer.from('..{"a":1}..')
    hasher.hash(9, 9, Buffer.alloc(10_000, 1))
    hasher.hash(0, 1, bytes.subarray(2, 9))
    expect((BigInt(hasher.high) << 32n) | BigInt(hasher.low)).toBe(hashOf(TOPIC, 0, 1, '{"a":1}'))
  })

  it('changes half of its bits for any bit of the value, in each of its own bits', () => {
    const flips = new Array<number>(64).fill(0)
    let trials = 0
    for (let offset = 0; offset < 8; offset++) {
      const value = Buffer.from(`{"user_id":${offset},"url":"/a"}`)
      const before = hashOf(TOPIC, 0, offset, value)
      for (let bit = 0; bit < 8 * value.length; bit++, trials++) {
        value[bit >> 3]! ^= 1 << (bit & 7)
        const difference = before ^ hashOf(TOPIC, 0, offset, value)
        value[bit >> 3]! ^= 1 << (bit & 7)
        expect(bitsOf(difference)).toBeGreaterThan(10)
        for (let k = 0; k < 64; k++) flips[k]! += Number((difference >> BigInt(k)) & 1n)
      }
    }
    for (const count of flips) expect(Math.abs(count / trials - 0.5)).toBeLessThan(0.08)
  })

  it('has no collision among the neighbours of a log, in either half', () => {
    const halves = [new Set<number>(), new Set<number>()]
    const hasher = new RecordHasher(TOPIC)
    const value = Buffer.from('{}')
    for (let partition = 0; partition < 4; partition++) {
      for (let offset = 0; offset < 5000; offset++) {
        hasher.hash(partition, offset, value)
        halves[0]!.add(hasher.low)
        halves[1]!.add(hasher.high)
      }
    }
    // 20,000 random words of 32 bits are expected to meet 0.05 times.
    expect(20_000 - halves[0]!.size).toBeLessThan(4)
    expect(20_000 - halves[1]!.size).toBeLessThan(4)
  })
})

describe('the digest of records', () => {
  const records = Array.from({ length: 100 }, (_, offset) => ({
    offset,
    value: offset % 10 === 0 ? null : Buffer.from(`{"n":${offset}}`),
  }))
  const hashes = hashRecords(new RecordHasher(TOPIC), 3, records)

  it('is a column of their hashes', () => {
    expect(hashes).toMatchObject({ layout: 'fixed', width: 8 })
    expect(Buffer.from(hashes.data).readBigUInt64LE(8 * 42)).toBe(hashOf(TOPIC, 3, 42, '{"n":42}'))
    expect(Buffer.from(hashes.data).readBigUInt64LE(8 * 50)).toBe(hashOf(TOPIC, 3, 50, null))
  })

  it('is their sum modulo 2^64, in any order', () => {
    const words = records.map((_, row) => Buffer.from(hashes.data).readBigUInt64LE(8 * row))
    const expected = BigInt.asUintN(
      64,
      words.reduce((sum, word) => sum + word, 0n),
    )
    const forwards = new DigestSum()
    forwards.addAll(hashes)
    const backwards = new DigestSum()
    for (const word of words.reverse()) backwards.add(Number(word & 0xffffffffn), Number(word >> 32n))
    expect([forwards.value(), backwards.value()]).toEqual([expected, expected])
  })

  it('carries from the lower half and wraps at the top', () => {
    const sum = new DigestSum()
    sum.add(0xffffffff, 0xffffffff)
    expect(sum.value()).toBe(2n ** 64n - 1n)
    sum.add(2, 0)
    expect(sum.value()).toBe(1n)
  })

  it('tells a loss and a duplicate from nothing wrong', () => {
    const good = new DigestSum()
    good.addAll(hashes)
    const bad = new DigestSum()
    bad.addAll(hashRecords(new RecordHasher(TOPIC), 3, [...records.slice(1), records[5]!]))
    expect(bad.value()).not.toBe(good.value())
  })
})
