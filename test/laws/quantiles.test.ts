import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../core/io/duckdb/session.ts'
import { MEASURE_REVISIONS, type MeasureDefinition } from '../../core/model/measure.ts'
import type { CompiledMeasure } from '../../core/sql/measure-parts.ts'
import { SharedColumns } from '../../core/sql/measure-parts.ts'
import { compileMeasure } from '../../core/sql/measures.ts'
import { withClickHouse } from '../support/clickhouse.ts'

const context = withClickHouse()
let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 512, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb?.close())

const LEVELS = [0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999, 1]

function compiled(type: string): CompiledMeasure {
  const measure: MeasureDefinition = { kind: 'quantiles', expression: 'x', levels: LEVELS, single: false }
  const revision = MEASURE_REVISIONS.quantiles!
  return compileMeasure({ name: 'q', measure, type, byType: undefined, revision }, new SharedColumns())
}

/**
 * The quantiles of each group, given as texts of numbers: folded by DuckDB in two partials, carried as Parquet and
 * merged by ClickHouse.
 */
async function quantilesOf(type: string, groups: readonly (readonly string[])[]): Promise<number[][]> {
  const measure = compiled(type)
  const rows = groups.flatMap((values, group) => values.map((value, i) => `(${group}, ${i % 2}, '${value}')`))
  const fields = measure.rowFields.map(({ name, sql }) => `${sql} AS "${name}"`)
  const folds = measure.inputs.map(({ name, fold }) => `${fold} AS "${name}"`)
  const body = await session.copyToParquet(
    `SELECT CAST(g AS INTEGER) AS g, ${folds.join(', ')} FROM (SELECT g, part, ${fields.join(', ')}
     FROM (SELECT g, part, CAST(v AS ${type}) AS x FROM (VALUES ${rows.join(', ')}) r(g, part, v))) GROUP BY g, part`,
    { compression: 'lz4', rowGroupSize: 1_000_000 },
  )
  const { clickHouse } = context
  const states = measure.states.map(({ name, type }) => `\`${name}\` ${type}`)
  await clickHouse.command('DROP TABLE IF EXISTS drawn')
  await clickHouse.command(
    `CREATE TABLE drawn (g Int32, ${states.join(', ')}) ENGINE = AggregatingMergeTree ORDER BY g`,
  )
  const structure = ['g Int32', ...measure.inputs.map(({ name, type }) => `\`${name}\` ${type}`)].join(', ')
  await clickHouse.insertSelect(
    `INSERT INTO drawn SELECT g, ${measure.states.map(({ from }) => from).join(', ')} FROM input('${structure.replaceAll("'", "\\'")}') FORMAT Parquet`,
    body,
    { settings: {} },
  )
  const found = await clickHouse.rows<{ q: number[] }>(
    `SELECT ${measure.finish} AS q FROM drawn GROUP BY g ORDER BY g`,
  )
  return found.map(({ q }) => q)
}

const NUMBERS: readonly [string, fc.Arbitrary<string>][] = [
  ['BIGINT', fc.oneof(fc.integer({ min: -50, max: 50 }), fc.bigInt(-(2n ** 53n), 2n ** 53n)).map(String)],
  ['DOUBLE', fc.double({ noNaN: true, noDefaultInfinity: true }).map(x => String(x + 0))],
  ['DOUBLE', fc.double({ min: 0.9, max: 9000.75, noNaN: true }).map(String)],
  ['DECIMAL(18,2)', fc.integer({ min: -900_075, max: 900_075 }).map(cents => (cents / 100).toFixed(2))],
  [
    'DECIMAL(38,20)',
    fc
      .bigInt(-999n, 999n)
      .map(n => `${n < 0n ? '-' : ''}0.${'0'.repeat(16)}${String(n < 0n ? -n : n).padStart(4, '0')}`),
  ],
]

describe('quantiles of drawn groups', () => {
  test.each(NUMBERS)(
    'of %s lie within the least and greatest value, and rise with the level',
    async (type, number) => {
      const group = fc.oneof(
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.tuple(number, fc.integer({ min: 1, max: 30 })).map(([value, count]) => Array(count).fill(value)),
      )
      const groups = fc.sample(group, { numRuns: 300, seed: 5 }) as string[][]
      const answers = await quantilesOf(type, groups)
      expect(answers).toHaveLength(groups.length)
      for (const [index, values] of groups.entries()) {
        const sorted = values.map(Number).sort((a, b) => a - b)
        const answer = answers[index]!
        expect([answer[0], answer.at(-1)], values.join()).toEqual([sorted[0]! + 0, sorted.at(-1)! + 0])
        for (const [level, value] of answer.entries())
          expect(value, `${LEVELS[level]} of ${values}`).toBeGreaterThanOrEqual(
            answer[level - 1] ?? sorted[0]!,
          )
      }
    },
  )

  test('W5: the median of 24 values 1.0 is 1, and the highest level is the greatest value', async () => {
    const [ones, prices] = await quantilesOf('DOUBLE', [
      Array(24).fill('1.0'),
      ['1', '20', '300', '4000', '9000'],
    ])
    expect(ones).toEqual(LEVELS.map(() => 1))
    expect(prices!.at(-1)).toBe(9000)
    expect(Math.max(...prices!)).toBe(9000)
  })
})
