import { describe, expect, test } from 'vitest'
import type { BlockSum, ChainBlock } from '../../../../batch-layer/audit/block-sums.ts'
import { compareChain, compareRuns } from '../../../../batch-layer/audit/compare-blocks.ts'

const BLOCK = 16

const block = (start: number, records: number, lost = 0): BlockSum => ({
  partition: 0,
  block: start,
  records,
  digest: `${records}`,
  accepted: records,
  acceptedDigest: `${records}`,
  lost,
})

const ofChain = (sum: BlockSum): ChainBlock => ({
  ...sum,
  end: sum.block + BLOCK,
  partialRecords: sum.accepted,
  partialDigest: sum.acceptedDigest,
})

/** Of the second block, offsets 20 to 32 are lost: four records are left of it. */
const EVENTS = [block(0, 16), block(16, 4)]
const LOST = [{ partition: 0, start: 20, end: 32 }]

describe('of blocks in which something was declared lost', () => {
  const chain = (...blocks: BlockSum[]) =>
    compareChain(blocks.map(ofChain), EVENTS, {}, BLOCK, LOST, () => false)
  const runs = (...blocks: BlockSum[]) => compareRuns(blocks, EVENTS, { 0: 32 }, BLOCK, LOST)

  test('those that tell of the loss must hold all else', () => {
    expect(chain(block(0, 16), block(16, 4, 12))).toEqual([])
    expect(runs(block(0, 16), block(16, 4, 12))).toEqual([])
    expect(chain(block(16, 3, 12)).map(({ what }) => what)).toEqual(['markers', 'partials'])
    expect(runs(block(0, 16), block(16, 3, 12))).toMatchObject([{ block: 16, what: 'tallies' }])
  })

  test('those that had read the records before are not held against what is left', () => {
    expect(chain(block(16, 16))).toEqual([])
    expect(runs(block(0, 16), block(16, 16))).toEqual([])
  })

  test('markers and partials must agree all the same', () => {
    const [wrong] = [{ ...ofChain(block(16, 16)), partialRecords: 15 }]
    expect(compareChain([wrong!], EVENTS, {}, BLOCK, LOST, () => false)).toMatchObject([{ what: 'partials' }])
  })

  test('no other block is spared', () => {
    expect(chain(block(0, 15))).toHaveLength(2)
    expect(runs(block(0, 15), block(16, 4, 12))).toHaveLength(1)
  })
})
