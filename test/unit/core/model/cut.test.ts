import { describe, expect, it } from 'vitest'
import { coversCut, cutBelow, cutOf, sameCut } from '../../../../core/model/cut.ts'

describe('a cut', () => {
  it('is 0 for a partition it does not name', () => expect(cutOf({ '1': 8 }, 0)).toBe(0))

  it('lies on the highest block edge below what is archived', () => {
    expect(
      cutBelow(
        new Map([
          [1, 8],
          [0, 10],
          [2, 3],
        ]),
        4,
      ),
    ).toEqual({ '0': 8, '1': 8, '2': 0 })
  })

  it('covers another one where it is nowhere below it', () => {
    expect(coversCut({ '0': 8, '1': 4 }, { '0': 8 })).toBe(true)
    expect(coversCut({ '0': 8 }, { '0': 8, '1': 4 })).toBe(false)
  })

  it('is the same as one that leaves out its zeros', () => {
    expect(sameCut({ '0': 8, '1': 0 }, { '0': 8 })).toBe(true)
    expect(sameCut({ '0': 8 }, { '0': 4 })).toBe(false)
  })
})
