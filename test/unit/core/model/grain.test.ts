import { describe, expect, it } from 'vitest'
import { GRAINS, isBucketStart, isMadeOf } from '../../../../core/model/grain.ts'

describe('isMadeOf', () => {
  it('lets every grain be made of itself and of seconds', () => {
    for (const grain of GRAINS) {
      expect(isMadeOf(grain, grain)).toBe(true)
      expect(isMadeOf(grain, 'second')).toBe(true)
    }
  })

  it.each([
    ['day', 'hour', true],
    ['hour', 'day', false],
    ['week', 'day', true],
    ['month', 'week', false],
    ['week', 'month', false],
    ['year', 'quarter', true],
    ['year', 'week', false],
  ] as const)('a %s made of %ss: %s', (coarse, fine, expected) =>
    expect(isMadeOf(coarse, fine)).toBe(expected),
  )
})

describe('isBucketStart', () => {
  it.each([
    ['2001-01-01T00:00:00Z', 'week', true],
    ['2001-01-02T00:00:00Z', 'week', false],
    ['2001-04-01T00:00:00Z', 'quarter', true],
    ['2001-05-01T00:00:00Z', 'quarter', false],
    ['2001-01-01T00:00:00Z', 'year', true],
    ['2001-01-01T00:30:00Z', 'hour', false],
    ['1969-12-31T23:00:00Z', 'hour', true],
    ['2001-01-01T00:00:00.500Z', 'second', false],
  ] as const)('%s starts a %s: %s', (text, grain, expected) =>
    expect(isBucketStart(Date.parse(text), grain)).toBe(expected),
  )
})
