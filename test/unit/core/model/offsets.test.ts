import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockOf, offsetsWithin, splitAtBlocks } from '../../../../core/model/offsets.ts'

describe('blockOf', () => {
  it.each([
    [0, 4, 0],
    [3, 4, 0],
    [4, 4, 4],
    [11, 4, 8],
    [2 ** 52 + 5, 16_384, 2 ** 52],
  ])('offset %i in blocks of %i starts at %i', (offset, size, block) =>
    expect(blockOf(offset, size)).toBe(block),
  )
})

describe('offsetsWithin', () => {
  const ranges = [
    { partition: 0, start: 2, end: 5 },
    { partition: 0, start: 8, end: 20 },
    { partition: 1, start: 0, end: 100 },
  ]

  it.each([
    [0, 0, 30, 15],
    [0, 4, 9, 2],
    [0, 5, 8, 0],
    [1, 10, 20, 10],
    [2, 0, 30, 0],
  ])('of partition %i, offsets %i to %i: %i', (partition, start, end, count) =>
    expect(offsetsWithin({ partition, start, end }, ranges)).toBe(count),
  )
})

describe('splitAtBlocks', () => {
  it('yields parts that tile the range, none across a block edge', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.integer({ min: 0, max: 6 }), (start, length, exponent) => {
        const blockSize = 2 ** exponent
        const parts = splitAtBlocks({ partition: 7, start, end: start + length }, blockSize)
        expect(parts[0]?.start).toBe(start)
        expect(parts.at(-1)?.end).toBe(start + length)
        expect(parts.slice(1).map(part => part.start)).toEqual(parts.slice(0, -1).map(part => part.end))
        for (const part of parts) {
          expect(part.partition).toBe(7)
          if (part.end > part.start)
            expect(blockOf(part.end - 1, blockSize)).toBe(blockOf(part.start, blockSize))
        }
      }),
    )
  })

  it('keeps an empty range, so that a genesis can say where it starts', () => {
    expect(splitAtBlocks({ partition: 0, start: 5, end: 5 }, 4)).toEqual([{ partition: 0, start: 5, end: 5 }])
  })
})
