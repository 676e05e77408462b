import { describe, expect, it } from 'vitest'
import { Freshness } from '../../../speed-layer/freshness.ts'

/** A lane of two partitions, and what is in answers of each. */
function lane() {
  const freshness = new Freshness()
  const positions = new Map([
    [0, 0],
    [1, 0],
  ])
  const see = (atMs: number, ends: readonly number[] | undefined) =>
    freshness.see({ atMs, ends: ends && new Map(ends.entries()) }, partition => positions.get(partition)!)
  const lag = (partition: number) => freshness.logEnds.get(partition)! - positions.get(partition)!
  return { freshness, positions, see, lag }
}

describe('freshness', () => {
  it('is that of the partition that has not reached its sample', () => {
    const { freshness, positions, see } = lane()
    positions.set(0, 5)
    see(1_000, [5, 3])
    expect([freshness.freshAtMsOf(0), freshness.freshAtMsOf(1), freshness.freshAtMs]).toEqual([1_000, 0, 0])
    positions.set(1, 3)
    see(2_000, [5, 4])
    expect([freshness.freshAtMsOf(0), freshness.freshAtMsOf(1), freshness.freshAtMs]).toEqual([
      2_000, 1_000, 1_000,
    ])
  })

  it('counts the moment of a sample that was overtaken by events that came later', () => {
    const { freshness, positions, see } = lane()
    see(1_000, [5, 0])
    see(2_000, [9, 0])
    positions.set(0, 5)
    see(3_000, [12, 0])
    expect(freshness.freshAtMsOf(0)).toBe(1_000)
  })

  it('of a partition that was added counts from the last look without it', () => {
    const { freshness, positions, see } = lane()
    see(1_000, [0])
    see(2_000, [0, 7])
    expect(freshness.freshAtMs).toBe(1_000)
    positions.set(1, 7)
    see(3_000, [0, 7])
    expect(freshness.freshAtMs).toBe(3_000)
  })

  it('of a lane without partitions is the moment of the last look', () => {
    const freshness = new Freshness()
    expect(freshness.freshAtMs).toBe(0)
    freshness.see({ atMs: 1_000, ends: new Map() }, () => 0)
    expect(freshness.freshAtMs).toBe(1_000)
  })
})

describe('the log ends', () => {
  it('are those of the newest look: the lag of a lane that stands still grows', () => {
    const { positions, see, lag } = lane()
    positions.set(0, 2)
    see(1_000, [5, 0])
    expect(lag(0)).toBe(3)
    see(2_000, [50, 0])
    expect(lag(0)).toBe(48)
    see(3_000, [500, 0])
    expect(lag(0)).toBe(498)
  })

  it('never let the lag of a lane that is always behind fall to nothing', () => {
    const { positions, see, lag } = lane()
    for (let round = 1; round <= 5; round++) {
      see(1_000 * round, [100 * round, 0])
      positions.set(0, 100 * (round - 1) + 20)
      expect(lag(0)).toBe(80)
    }
  })

  it('are not known while Kafka does not say, and freshness stays where it was', () => {
    const { freshness, positions, see } = lane()
    positions.set(0, 5)
    see(1_000, [5, 0])
    see(2_000, undefined)
    expect(freshness.logEnds.size).toBe(0)
    expect(freshness.freshAtMs).toBe(1_000)
  })
})
