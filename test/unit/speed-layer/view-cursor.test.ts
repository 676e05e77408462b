import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompiledView } from '../../../core/sql/compiled-view.ts'
import { advance, nextRanges, unseenSql, type ViewCursor } from '../../../speed-layer/view-cursor.ts'

const cursor = (ends: [number, number][], blockSize = 4, seq = 3): ViewCursor => ({
  compiled: { view: { stream: { blockSize } } } as CompiledView,
  key: { view: 'v', version: 'x', chain: 'c0', lane: 0 },
  position: { seq, ends: new Map(ends) },
})

describe('nextRanges', () => {
  it('records what was read beyond the position, split at block edges', () => {
    const ranges = nextRanges(cursor([[0, 2]]), new Map([[0, { start: 2, end: 9 }]]))
    expect(ranges.map(({ start, end, block, first }) => [start, end, block, first])).toEqual([
      [2, 4, 0, false],
      [4, 8, 4, false],
      [8, 9, 8, false],
    ])
  })

  it('leaves out what the view has already', () => {
    expect(nextRanges(cursor([[0, 9]]), new Map([[0, { start: 2, end: 9 }]]))).toEqual([])
    expect(
      nextRanges(cursor([[0, 5]]), new Map([[0, { start: 2, end: 6 }]])).map(range => range.start),
    ).toEqual([5])
  })

  it('records the beginning of a partition that is new to the chain, even where nothing was read of it', () => {
    expect(nextRanges(cursor([]), new Map([[3, { start: 6, end: 6 }]]))).toMatchObject([
      { partition: 3, start: 6, end: 6, block: 4, first: true },
    ])
  })
})

describe('what was declared lost', () => {
  const lost = [{ partition: 0, start: 3, end: 9 }]

  it('is counted block by block', () => {
    const ranges = nextRanges(cursor([[0, 2]]), new Map([[0, { start: 2, end: 10, lost }]]))
    expect(ranges.map(({ start, end, lost }) => [start, end, lost])).toEqual([
      [2, 4, 1],
      [4, 8, 4],
      [8, 10, 1],
    ])
  })

  it('is not of a view that had read it before', () => {
    const ranges = nextRanges(cursor([[0, 6]]), new Map([[0, { start: 2, end: 10, lost }]]))
    expect(ranges.map(({ start, end, lost }) => [start, end, lost])).toEqual([
      [6, 8, 2],
      [8, 10, 1],
    ])
  })
})

describe('a chain of ranges', () => {
  it('is gapless, however what was read is split and whatever is read twice', () => {
    const reads = fc.array(fc.record({ back: fc.nat(5), forward: fc.nat(9) }), { maxLength: 20 })
    fc.assert(
      fc.property(reads, script => {
        let at = cursor([], 4, -1)
        let expected = 0
        for (const { back, forward } of script) {
          const read = new Map([[0, { start: Math.max(0, expected - back), end: expected + forward }]])
          const ranges = nextRanges(at, read)
          for (const range of ranges) {
            expect(range.start).toBe(expected)
            expected = range.end
          }
          if (ranges.length > 0) at = { ...at, position: advance(at.position, ranges) }
          expect(at.position.ends.get(0) ?? 0).toBe(expected)
        }
      }),
    )
  })
})

describe('unseenSql', () => {
  it('leaves out the records a view has, and nothing where there are none', () => {
    const read = new Map([
      [0, { start: 2, end: 9 }],
      [1, { start: 0, end: 5 }],
    ])
    expect(
      unseenSql(
        cursor([
          [0, 4],
          [1, 0],
        ]),
        read,
      ),
    ).toBe('NOT (__partition = 0 AND __offset < 4)')
    expect(unseenSql(cursor([[0, 2]]), read)).toBeUndefined()
  })
})
