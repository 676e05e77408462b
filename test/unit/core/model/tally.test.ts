import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addTallies, EMPTY_TALLY, recordsOf, sameTally, type Tally } from '../../../../core/model/tally.ts'

const tallies: fc.Arbitrary<Tally> = fc.record({
  accepted: fc.nat(),
  filtered: fc.nat(),
  quarantined: fc.nat(),
  skipped: fc.nat(),
  lost: fc.nat(),
  digest: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  acceptedDigest: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
})

describe('tallies', () => {
  it('add up in any order, with nothing as the neutral one', () => {
    fc.assert(
      fc.property(tallies, tallies, tallies, (a, b, c) => {
        expect(addTallies(addTallies(a, b), c)).toEqual(addTallies(a, addTallies(c, b)))
        expect(addTallies(a, EMPTY_TALLY)).toEqual(a)
      }),
    )
  })

  it('wrap their digests at 64 bits', () => {
    const most = { ...EMPTY_TALLY, digest: (2n ** 64n - 1n).toString() }
    expect(addTallies(most, { ...EMPTY_TALLY, digest: '2' }).digest).toBe('1')
  })

  it('differ where any of their parts does', () => {
    for (const key of Object.keys(EMPTY_TALLY)) {
      expect(
        sameTally(EMPTY_TALLY, {
          ...EMPTY_TALLY,
          [key]: typeof EMPTY_TALLY[key as keyof Tally] === 'number' ? 1 : '1',
        }),
      ).toBe(false)
    }
    expect(sameTally(EMPTY_TALLY, { ...EMPTY_TALLY })).toBe(true)
  })

  it('count as records what was in the log, not what was declared lost', () => {
    expect(
      recordsOf({ ...EMPTY_TALLY, accepted: 1, filtered: 2, quarantined: 3, skipped: 4, lost: 100 }),
    ).toBe(10)
  })
})
