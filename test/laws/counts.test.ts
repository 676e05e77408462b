import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MeasureDefinition } from '../../core/model/measure.ts'
import { withMergedGroups } from './merged-groups.ts'

const merged = withMergedGroups()

const TOP: MeasureDefinition = { kind: 'topK', expression: 'x', k: 3 }
const DISTINCT: MeasureDefinition = { kind: 'uniqExact', expression: 'x' }

/** Types, and few values of each in their order, as they are written in an answer. */
const VALUES: readonly [string, readonly (string | number | boolean)[]][] = [
  ['VARCHAR', ['', 'a', 'b c', 'é"', '日本']],
  ['BIGINT', ['-9223372036854775808', '-1', '0', '7', '9223372036854775807']],
  ['UBIGINT', ['0', '1', '18446744073709551615']],
  ['DOUBLE', [-1e300, -0.5, 0, 0.1, 1e-300, 5].sort((a, b) => a - b)],
  ['DECIMAL(18,2)', ['-1.5', '0', '0.01', '7.25']],
  ['DECIMAL(38,20)', ['-1.00000000000000000001', '0', '123456789012345678.5']],
  ['BOOLEAN', [false, true]],
  ['DATE', ['1900-01-01', '1969-12-31', '2299-12-31']],
  ['TIMESTAMP', ['1900-01-01 00:00:00.000001', '1970-01-01 00:00:00.000000', '2299-12-31 23:59:59.999999']],
]

test.each(VALUES)(
  'F7: the most frequent and the different values of %s are exact, whatever the partials',
  async (type, values) => {
    const index = fc.array(fc.nat(values.length - 1), { minLength: 1, maxLength: 40 })
    const groups = fc.sample(index, { numRuns: 40, seed: 3 })
    const texts = groups.map(group => group.map(at => String(values[at])))
    const expected = groups.map(group => {
      const counts = values.map((value, at) => ({ at, value, count: group.filter(it => it === at).length }))
      return counts
        .filter(({ count }) => count > 0)
        .sort((a, b) => b.count - a.count || a.at - b.at)
        .slice(0, 3)
        .map(({ value, count }) => ({ value, count: String(count) }))
    })
    for (const partials of [1, 5]) {
      expect(await merged(TOP, type, texts, partials)).toEqual(expected)
      expect(await merged(DISTINCT, type, texts, partials)).toEqual(
        groups.map(group => `${new Set(group).size}`),
      )
    }
  },
)
