import { describe, expect, test } from 'vitest'
import type { PartitionOrigin } from '../../../../core/model/partition.ts'
import type { RunReference, ViewGeneration } from '../../../../core/model/pointer.ts'
import { EMPTY_TALLY, type Tally } from '../../../../core/model/tally.ts'
import { coverageOf } from '../../../../serving/query/coverage.ts'

const run = (id: string, tally: Partial<Tally>): RunReference => ({
  id,
  from: {},
  to: {},
  tally: { ...EMPTY_TALLY, ...tally },
})
const batchRow = (accepted: number, filtered: number, quarantined: number, digest: string, skipped = 0) =>
  ['-1', '0', '0', '1', accepted, filtered, quarantined, skipped, 0, digest].map(String)
const speedRow = (
  partition: number,
  start: number,
  end: number,
  more: { tiled?: 0 | 1; lost?: number } = {},
) => [partition, start, end, more.tiled ?? 1, 10, 1, 2, 3, more.lost ?? 0, '99'].map(String)

function cover(
  rows: string[][],
  {
    cut = {},
    runs = [],
    begins = { 0: 0 },
  }: Partial<ViewGeneration> & { begins?: Record<number, number> } = {},
) {
  const origins = new Map(
    Object.entries(begins).map(([partition, begin]): [number, PartitionOrigin] => [
      Number(partition),
      { topic: 't', topicId: 'i', partition: Number(partition), begin },
    ]),
  )
  const generation = { version: 'v', chain: 'c0', cut, runs }
  return coverageOf(rows, { view: 'sales', seq: 7, generation, origins, freshnessMs: 12 })
}

describe('the answer reaches', () => {
  test.each([
    ['the end of the markers', [speedRow(0, 8, 11)], { cut: { 0: 8 } }, { 0: 11 }],
    ['the cut, where the speed layer is behind', [], { cut: { 0: 8 } }, { 0: 8 }],
    ['the begin, where nothing came yet', [], { begins: { 0: 5 } }, { 0: 5 }],
    ['the begin, where the genesis alone is there', [speedRow(0, 5, 5)], { begins: { 0: 5 } }, { 0: 5 }],
    [
      'the end, where the cut lies before the begin',
      [speedRow(0, 5, 9)],
      { cut: { 0: 4 }, begins: { 0: 5 } },
      { 0: 9 },
    ],
    [
      'each of the partitions',
      [speedRow(1, 0, 3)],
      { cut: { 0: 4 }, begins: { 0: 0, 1: 0 } },
      { 0: 4, 1: 3 },
    ],
  ])('%s', (_what, rows, context, through) => {
    expect(cover(rows, context).through).toEqual(through)
  })
})

describe('the answer is refused where', () => {
  test.each([
    ['markers begin above the cut', [speedRow(0, 12, 16)], { cut: { 0: 8 } }],
    ['markers begin below the cut', [speedRow(0, 4, 16)], { cut: { 0: 8 } }],
    ['markers begin above the begin', [speedRow(0, 4, 16)], {}],
    ['markers have a gap or an overlap', [speedRow(0, 8, 16, { tiled: 0 })], { cut: { 0: 8 } }],
    ['a partition has no recorded begin', [speedRow(1, 0, 16)], {}],
    ['the rows of the runs are missing', [], { runs: [run('a', { accepted: 1 })] }],
    ['there are rows of runs but no runs', [batchRow(1, 0, 0, '1')], {}],
    [
      'a digest differs',
      [batchRow(1, 0, 0, '5')],
      { runs: [run('a', { accepted: 1, acceptedDigest: '6' })] },
    ],
    ['a count of duplicates differs', [batchRow(0, 0, 0, '0', 1)], { runs: [run('a', { skipped: 2 })] }],
    ['a count differs', [batchRow(1, 0, 1, '5')], { runs: [run('a', { accepted: 1, acceptedDigest: '5' })] }],
  ])('%s', (_what, rows, context) => {
    expect(() => cover(rows, context)).toThrow(expect.objectContaining({ code: 'ANSWER_INCOMPLETE' }))
  })
})

test('counts are those of all runs and all partitions; digests wrap at 64 bits', () => {
  const half = (2n ** 63n).toString()
  const runs = [
    run('a', { accepted: 5, filtered: 1, quarantined: 2, acceptedDigest: half }),
    run('b', { accepted: 6, skipped: 4, acceptedDigest: half }),
  ]
  const coverage = cover([batchRow(11, 1, 2, '0', 4), speedRow(0, 0, 16), speedRow(1, 0, 16)], {
    runs,
    begins: { 0: 0, 1: 0 },
  })
  expect(coverage).toEqual({
    generation: 7,
    version: 'v',
    cut: {},
    through: { 0: 16, 1: 16 },
    freshnessMs: 12,
    records: { batch: 11, speed: 20 },
    quarantined: 6,
    skipped: 10,
    lost: 0,
    complete: true,
  })
})

test('records declared lost, on either side, make an answer incomplete', () => {
  expect(cover([speedRow(0, 0, 16, { lost: 3 })])).toMatchObject({ lost: 3, complete: false })
  expect(cover([], { runs: [run('a', { lost: 2 })] })).toMatchObject({ lost: 2, complete: false })
})
