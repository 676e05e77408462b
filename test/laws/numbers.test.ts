import { expect, test } from 'vitest'
import type { ColumnType } from '../../core/model/column-type.ts'
import { knowledgeOf } from './drawn/column-type.ts'
import type { DrawnSchema } from './drawn/schema.ts'
import { withEngines } from './engines.ts'
import { decimalText } from './exact.ts'
import { column, type Event } from './expression.ts'
import { runScenario } from './run-scenario.ts'
import type { TwinMeasure } from './twin-view.ts'

const engines = withEngines()

const decimalOf = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale })
const NINES = 10n ** 31n - 1n

/** Numbers that one of the engines once took for others, each with how it is written. */
const CASES: readonly [string, ColumnType, readonly (readonly [bigint | number, string])[]][] = [
  [
    'zeros of both signs are one',
    { kind: 'float64' },
    [0, 1, -0].map(x => [x, Object.is(x, -0) ? '-0.0' : `${x}`]),
  ],
  [
    'a sum keeps the 38th digit behind the point',
    decimalOf(38, 38),
    decimals(38, [1n, -3n, NINES, NINES + 1n, -NINES]),
  ],
  [
    'a sum keeps all digits of wide decimals',
    decimalOf(38, 20),
    decimals(20, [1n, NINES, NINES + 1n, -NINES - 1n]),
  ],
  ['quantiles of tiny decimals', decimalOf(38, 38), decimals(38, [1n, 2n, -2n, 0n, 282n, 5n * 10n ** 30n])],
  ['quantiles of decimals with 19 digits', decimalOf(38, 19), decimals(19, [1n, -7n, 282n, 10n ** 37n])],
]

function decimals(scale: number, values: readonly bigint[]): [bigint, string][] {
  return values.map(value => [value, decimalText(value, scale)])
}

test.each(CASES)('%s', async (_, type, values) => {
  const n = column('n', knowledgeOf(type as never).shape)
  const ts = column('ts', { kind: 'instant' })
  const measures: Record<string, TwinMeasure> = {
    events: { kind: 'count' },
    total: { kind: 'sum', expression: n },
    mean: { kind: 'avg', expression: n },
    least: { kind: 'min', expression: n },
    different: { kind: 'uniq', expression: n },
    first: { kind: 'argMin', expression: ts, by: n },
    spread: { kind: 'quantiles', expression: n, levels: [0, 0.3, 0.5, 1] },
    exactly: { kind: 'uniqExact', expression: n },
    top: { kind: 'topK', expression: n, k: 3 },
    between: { kind: 'histogram', expression: n, edges: [-1, 0, 1e-38, 0.1, 1e19] },
  }
  const { total, mean, ...others } = measures
  const schema: DrawnSchema = {
    blockSize: 2,
    lanes: 1,
    columns: [
      { name: 'ts', type: { kind: 'timestamp', format: 'us' }, lacking: 'refused', path: ['ts'] },
      { name: 'n', type, lacking: 'refused', path: ['n'] },
    ],
  }
  const views = [
    { name: 'by_number', grain: 'year' as const, dimensions: { n }, measures },
    // Nothing is added up, so no event is set aside.
    { name: 'in_all', grain: 'year' as const, dimensions: {}, measures: others },
  ]
  const records = values.map(([value, json], index) => {
    const event: Event = { ts: BigInt(index), n: value }
    return { partition: 0, gap: 0, draft: { event, value: Buffer.from(`{"ts":${index},"n":${json}}`) } }
  })
  const scenario = { world: { schema, views }, begins: [0], records, steps: [] }
  await expect(runScenario(engines, scenario)).resolves.toBeUndefined()
})
