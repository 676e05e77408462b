import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { murmur2, Partitioner } from '../../../../../core/io/kafka/partitioner.ts'

/** kafkajs's port of the Java original, as the reference. */
const reference = createRequire(import.meta.url)('kafkajs/src/producer/partitioners/default/murmur2.js') as (
  key: Buffer,
) => number

describe('the partitioner', () => {
  test('hashes keys as Kafka’s Java client does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), key => murmur2(key) === reference(Buffer.from(key))),
      { numRuns: 1_000 },
    )
    // The values in Kafka's own test, UtilsTest#testMurmur2.
    expect(murmur2(Buffer.from('21'))).toBe(-973932308)
    expect(murmur2(Buffer.from('foobar'))).toBe(-790332482)
    expect(murmur2(Buffer.from('a-little-bit-long-string'))).toBe(-985981536)
  })

  test('keeps the partition a record names, and deals out those without a key', () => {
    const partitioner = new Partitioner()
    const keyless = { key: null, value: null }
    expect(partitioner.partitionOf({ ...keyless, key: Buffer.from('k'), partition: 9 }, [0, 1, 2])).toBe(9)
    expect(Array.from({ length: 6 }, () => partitioner.partitionOf(keyless, [0, 1, 2]))).toEqual([
      0, 1, 2, 0, 1, 2,
    ])
  })
})
