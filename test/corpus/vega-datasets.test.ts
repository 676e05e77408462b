import { readdirSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { profileFile } from '../../cli/init/profile-file.ts'
import { type ProjectProposal, proposeProject } from '../../cli/init/propose-project.ts'
import { compileDecoder } from '../../core/decode/compile.ts'
import { m, stream, view } from '../../core/index.ts'
import { bindView } from '../../core/io/duckdb/bind-view.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../core/io/duckdb/session.ts'
import { timeFormatsOf } from '../../core/model/column-type.ts'
import type { MeasureDefinition } from '../../core/model/measure.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { compileView } from '../../core/sql/compiled-view.ts'
import { judgeSql, partialsSql } from '../../core/sql/fold.ts'
import { duckdbName, duckdbString } from '../../core/sql/text.ts'
import { openFileSource } from '../../ingest/file/open-file-source.ts'
import { readEvents } from '../support/read-file-source.ts'

/*
 * Every table that `vega-datasets` has as a file goes through the file reader, the decoder and the fold, with the
 * stream that `init --from` proposes for it, and comes out with the counts, sums and extremes of DuckDB's own reading.
 * FIELD_FULL=1 takes the large ones, too.
 */
const DATA = join(import.meta.dirname, '../../node_modules/vega-datasets/data')
const MAX_BYTES = process.env['FIELD_FULL'] === '1' ? Infinity : 100_000

/** Shapes of maps, a graph and matrices: one object each, no table. */
const NO_TABLES = new Set([
  ...['annual-precip.json', 'londonBoroughs.json', 'londonTubeLines.json', 'miserables.json'],
  ...['us-10m.json', 'volcano.json', 'world-110m.json'],
])

/** Files without a time of their own: a column of whole numbers is taken for seconds. */
const SECONDS: Readonly<Record<string, string>> = {
  ...{ 'barley.json': 'year', 'budgets.json': 'budgetYear', 'disasters.csv': 'Year', 'driving.json': 'year' },
  ...{ 'flare-dependencies.json': 'source', 'flare.json': 'id', 'flights-airport.csv': 'count' },
  ...{ 'gapminder.json': 'year', 'gapminder-health-income.csv': 'income', 'global-temp.csv': 'year' },
  ...{ 'income.json': 'id', 'jobs.json': 'year', 'lookup_people.csv': 'age', 'monarchs.json': 'start' },
  ...{ 'obesity.json': 'id', 'population.json': 'year', 'population_engineers_hurricanes.csv': 'id' },
  ...{
    'species.csv': 'county_id',
    'unemployment.tsv': 'id',
    'wheat.json': 'wheat',
    'zipcodes.csv': 'zip_code',
  },
  ...{
    'burtin.json': 'Neomycin',
    'cars.json': 'Cylinders',
    'flights-2k.json': 'delay',
    'flights-5k.json': 'delay',
  },
  ...{ 'flights-10k.json': 'delay', 'flights-20k.json': 'delay', 'flights-200k.json': 'delay' },
  ...{ 'windvectors.csv': 'dir', 'anscombe.json': 'X' },
  ...{ 'political-contributions.json': 'Beginning_Cash' },
}

const files = readdirSync(DATA)
  .filter(name => /\.(csv|tsv|json|parquet)$/.test(name) && !NO_TABLES.has(name))
  .filter(name => statSync(join(DATA, name)).size <= MAX_BYTES)

let duckdb: DuckDB
let session: DuckDBSession
beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 2, memoryLimitMb: 1024, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb?.close())

describe.each(files.filter(name => !name.endsWith('.parquet')))('%s', name => {
  test('has the cells that another reader finds', async () => {
    const path = join(DATA, name)
    const { texts } = await readEvents(path, undefined)
    expect(texts.map(text => JSON.parse(text))).toEqual(
      name.endsWith('json') ? jsonRows(path) : csvRows(path),
    )
  })
})

function jsonRows(path: string): unknown[] {
  const whole = JSON.parse(readFileSync(path, 'utf8'))
  return Array.isArray(whole) ? whole : whole.features
}

function csvRows(path: string): unknown[] {
  const options = { columns: true as const, bom: true, delimiter: path.endsWith('.tsv') ? '\t' : ',' }
  const rows = parse<Record<string, string>>(readFileSync(path), options)
  return rows.map(row =>
    Object.fromEntries(Object.entries(row).map(([key, cell]) => [key, cell === '' ? null : cell])),
  )
}

const SIZES = ['int64', 'uint64', 'float64', 'decimal']

test.each(files)('%s folds to the counts, sums and extremes that DuckDB reads itself', async name => {
  const path = join(DATA, name)
  const profile = await profileFile(path, {})
  const proposal = proposalOf(name, () => proposeProject(path, profile, SECONDS[name]))
  if (proposal === undefined) return
  const definition = streamOf(proposal)
  const folded = await fold(path, definition, measuresOf(definition))
  const own = await ownReading(path, proposal, definition)
  expect(Object.keys(folded)).toEqual(Object.keys(own))
  for (const [measure, value] of Object.entries(own)) {
    const difference = Math.abs(Number(folded[measure]) - Number(value))
    expect(difference, `${measure}: ${folded[measure]} instead of ${value}`).toBeLessThanOrEqual(
      1e-9 * Math.abs(Number(value)) + 1e-9,
    )
  }
})

/** Files whose times are in a format that no stream reads, or that have neither a time nor whole numbers. */
const WITHOUT_STREAM = new Set([
  'github.csv',
  ...[
    'airports.csv',
    'budget.json',
    'countries.json',
    'crimea.json',
    'football.json',
    'londonCentroids.json',
  ],
  ...['lookup_groups.csv', 'movies.json', 'normal-2d.json', 'ohlc.json', 'penguins.json', 'sp500.csv'],
  ...['platformer-terrain.json', 'stocks.csv', 'udistrict.json', 'uniform-2d.json', 'us-state-capitals.json'],
  'weekly-weather.json',
])

function proposalOf(name: string, propose: () => ProjectProposal): ProjectProposal | undefined {
  if (!WITHOUT_STREAM.has(name)) return propose()
  try {
    return propose()
  } catch (error) {
    expect(error).toMatchObject({ code: 'FILE_WITHOUT_TIME' })
    return undefined
  }
}

function streamOf({ topic, time, columns }: ProjectProposal): StreamDefinition {
  const schema = columns.map(({ name, path, type, isOptional }) => {
    const column = type.column.path(path)
    return [name, isOptional ? column.optional() : column] as const
  })
  return stream({ topic, time, schema: Object.fromEntries(schema) })
}

function measuresOf({ columns, time }: StreamDefinition): Record<string, MeasureDefinition> {
  const measures = columns.flatMap(({ name, type }, index): [string, MeasureDefinition][] => {
    const column = duckdbName(name)
    if (SIZES.includes(type.kind))
      return [
        [`n${index}`, m.sum(`(${column} IS NOT NULL)::INT`)],
        [`sum${index}`, m.sum(column)],
        [`min${index}`, m.min(column)],
        [`max${index}`, m.max(column)],
      ]
    if (type.kind === 'string' || type.kind === 'enum')
      return [[`n${index}`, m.sum(`coalesce(strlen(${column}), 0)`)]]
    return name === time
      ? [
          [`min${index}`, m.min(`epoch_us(${column})`)],
          [`max${index}`, m.max(`epoch_us(${column})`)],
        ]
      : []
  })
  return { ...Object.fromEntries(measures) }
}

type Values = Readonly<Record<string, number | string>>

/** The file through the reader, the decoder and the fold. */
async function fold(
  path: string,
  definition: StreamDefinition,
  measures: Record<string, MeasureDefinition>,
): Promise<Values> {
  const bound = await bindView(
    session,
    definition,
    view({ name: 'corpus', from: definition, grain: 'year', measures: { all: m.count(), ...measures } }),
  )
  const compiled = compileView(bound)
  const decoder = compileDecoder(definition)
  const names = Object.keys(measures)
  const inputOf = (name: string) => compiled.measures.find(measure => measure.name === name)!.inputs[0]!.name
  const total = (name: string) => {
    const merge = name.startsWith('min') ? 'min' : name.startsWith('max') ? 'max' : 'sum'
    return `${merge}(${duckdbName(inputOf(name))})`
  }
  const source = await openFileSource(path, definition)
  await session.run('CREATE OR REPLACE TEMP TABLE partials AS SELECT NULL AS nothing WHERE false')
  let isFirst = true
  try {
    for await (const { values } of source.batches(0, Infinity)) {
      const { columns, rows, accepted, rejections } = decoder.decode(values.map(value => ({ value })))
      expect(rejections).toEqual([])
      const accept = {
        name: '__accepted',
        type: { kind: 'bool' },
        valid: undefined,
        values: { layout: 'fixed', width: 1, data: accepted },
      } as const
      await session.load('batch', { rows, columns: [...columns, accept] })
      const relation =
        '(SELECT *, 0 AS __partition, row_number() OVER () AS __offset, 0::UBIGINT AS __hash FROM batch)'
      await session.run(judgeSql(compiled, relation, 'judged'))
      const partials = partialsSql(compiled, 'judged', 'run')
      await session.run(
        isFirst ? `CREATE OR REPLACE TEMP TABLE partials AS ${partials}` : `INSERT INTO partials ${partials}`,
      )
      isFirst = false
    }
  } finally {
    await source.close()
  }
  const totals = names.map(name => `CAST(${total(name)} AS DOUBLE) AS ${name}`)
  const [row] = await session.rows<Record<string, number>>(
    `SELECT CAST(sum(__records) AS DOUBLE) AS "all", ${totals.join(', ')} FROM partials`,
  )
  return row!
}

/** The same of DuckDB's own reading of the file. */
async function ownReading(
  path: string,
  { columns }: ProjectProposal,
  definition: StreamDefinition,
): Promise<Values> {
  const text = duckdbString(path)
  const table = path.endsWith('.parquet')
    ? `read_parquet(${text})`
    : path.endsWith('.json')
      ? `read_json(${text}, sample_size = -1, maximum_object_size = 100000000, convert_strings_to_integers = false)`
      : `read_csv(${text}, sample_size = -1, all_varchar = true)`
  const rows = path.endsWith('earthquakes.json')
    ? `(SELECT unnest(features, max_depth := 2) FROM ${table})`
    : table
  const isText = /\.(csv|tsv)$/.test(path)
  const totals = definition.columns.flatMap(({ name, type }, index) => {
    const cell = columns[index]!.path.map(duckdbName).join('.')
    const present =
      isText && SIZES.includes(type.kind) ? `nullif(nullif(nullif(${cell}, 'NA'), '-'), 'None')` : cell
    const number = `CAST(${present} AS DOUBLE)`
    if (SIZES.includes(type.kind))
      return [
        `CAST(count(${present}) AS DOUBLE) AS n${index}`,
        `fsum(${number}) AS sum${index}`,
        `min(${number}) AS min${index}`,
        `max(${number}) AS max${index}`,
      ]
    if (type.kind === 'string' || type.kind === 'enum')
      return [`CAST(sum(coalesce(strlen(CAST(${cell} AS VARCHAR)), 0)) AS DOUBLE) AS n${index}`]
    if (name !== definition.time) return []
    const formats: readonly string[] = type.kind === 'timestamp' ? timeFormatsOf(type) : []
    const pattern = formats.find(format => format.includes('%'))
    const instant =
      pattern === undefined ? `CAST(${cell} AS TIMESTAMP)` : `strptime(${cell}, ${duckdbString(pattern)})`
    const perUnit = { s: 1_000_000, ms: 1000, us: 1 }[formats[0]!]
    const micros = perUnit === undefined ? `epoch_us(${instant})` : `${number} * ${perUnit}`
    return [`CAST(min(${micros}) AS DOUBLE) AS min${index}`, `CAST(max(${micros}) AS DOUBLE) AS max${index}`]
  })
  const [row] = await session.rows<Record<string, number>>(
    `SELECT CAST(count(*) AS DOUBLE) AS "all", ${totals.join(', ')} FROM ${rows}`,
  )
  return row!
}
