import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MeasureDefinition } from '../../core/model/measure.ts'
import { unscaled } from './exact.ts'
import type { Shape } from './expression.ts'
import { withMergedGroups } from './merged-groups.ts'
import { expectedSpread } from './oracle-spread.ts'

const merged = withMergedGroups()

const spread = (kind: 'variance' | 'stddev', population: boolean): MeasureDefinition => ({
  kind,
  expression: 'x',
  population,
})

const whole = (digits: number) => fc.bigInt(-(10n ** BigInt(digits)) + 1n, 10n ** BigInt(digits) - 1n)

/** A type, how its values are drawn, as text, and their shape. */
const VALUES: readonly [string, Shape, fc.Arbitrary<string>][] = [
  ['BIGINT', { kind: 'exact', scale: 0 }, fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(String)],
  ['UBIGINT', { kind: 'exact', scale: 0 }, fc.bigInt(0n, 2n ** 64n - 1n).map(String)],
  ['BIGINT', { kind: 'exact', scale: 0 }, fc.bigInt(10n ** 18n, 10n ** 18n + 3n).map(String)],
  [
    'DECIMAL(18,2)',
    { kind: 'exact', scale: 2 },
    fc.integer({ min: -500, max: 500 }).map(n => (n / 100).toFixed(2)),
  ],
  ['DECIMAL(18,18)', { kind: 'exact', scale: 18 }, whole(18).map(n => decimal(n, 18))],
  ['DECIMAL(38,20)', { kind: 'exact', scale: 20 }, whole(30).map(n => decimal(n, 20))],
  ['DECIMAL(38,38)', { kind: 'exact', scale: 38 }, whole(5).map(n => decimal(n, 38))],
  ['DOUBLE', { kind: 'double' }, fc.double({ min: -1e139, max: 1e139, noNaN: true }).map(x => `${x + 0}`)],
  ['DOUBLE', { kind: 'double' }, fc.double({ min: 1e9, max: 1e9 + 1, noNaN: true }).map(String)],
  ['DOUBLE', { kind: 'double' }, fc.double({ min: -1, max: 1, noNaN: true }).map(x => `${x + 0}`)],
]

function decimal(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

describe('F7: variances and standard deviations of drawn groups', () => {
  test.each(VALUES)(
    'of %s %j are those of exact arithmetic, whatever the partials',
    async (type, shape, value) => {
      const groups = fc.sample(fc.array(value, { minLength: 1, maxLength: 30 }), { numRuns: 60, seed: 11 })
      for (const measure of [spread('variance', false), spread('stddev', true)]) {
        for (const partials of [1, 7]) {
          const found = await merged<number | null>(measure, type, groups, partials)
          for (const [index, group] of groups.entries()) {
            const values = group.map(text =>
              shape.kind === 'exact' ? unscaled(text, shape.scale) : Number(text),
            )
            const expected = expectedSpread(measure as never, values, shape)
            const [near] = (expected as Extract<typeof expected, { kind: 'near' }>).values
            if (near!.value === null) expect(found[index]).toBeNull()
            else
              expect(
                Math.abs(found[index]! - near!.value),
                `${found[index]} for ${near!.value} of ${group}`,
              ).toBeLessThanOrEqual(near!.tolerance)
          }
        }
      }
    },
  )

  test('a small spread around a large mean keeps its digits', async () => {
    const noise = Array.from({ length: 1000 }, (_, index) => 1e9 + (index % 8) / 1024)
    const variance = 5.25 / 1024 ** 2
    const [found] = await merged<number>(spread('variance', true), 'DOUBLE', [noise.map(String)], 50)
    // 1e-14 of 10^9 is 10^-5, against a standard deviation of 0.002; sums of squares would be off by hundreds.
    expect(found! / variance).toBeCloseTo(1, 4)
    const [exact] = await merged<number>(
      spread('variance', true),
      'DECIMAL(28,10)',
      [noise.map(value => value.toFixed(10))],
      50,
    )
    expect(exact).toBe(variance)
  })

  test('one value has none in a sample, and none at all in a population', async () => {
    for (const type of ['DOUBLE', 'BIGINT', 'DECIMAL(9,2)']) {
      expect(await merged(spread('variance', false), type, [['5']])).toEqual([null])
      expect(await merged(spread('stddev', true), type, [['5'], ['7', '7']])).toEqual([0, 0])
    }
  })
})
