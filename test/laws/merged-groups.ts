import { tmpdir } from 'node:os'
import { afterAll, beforeAll } from 'vitest'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../core/io/duckdb/session.ts'
import { MEASURE_REVISIONS, type MeasureDefinition } from '../../core/model/measure.ts'
import { SharedColumns } from '../../core/sql/measure-parts.ts'
import { compileMeasure } from '../../core/sql/measures.ts'
import { clickhouseString } from '../../core/sql/text.ts'
import { withClickHouse } from '../support/clickhouse.ts'

/** Answers a measure of `x`, of a DuckDB type, for groups given as texts of its values. */
export type MergedGroups = <Answer>(
  measure: MeasureDefinition,
  type: string,
  groups: readonly (readonly string[])[],
  partials?: number,
) => Promise<Answer[]>

/**
 * A measure without all that a platform has around it: each group folded by DuckDB in partials, handed over as Parquet,
 * merged by ClickHouse in the background, and finished.
 */
export function withMergedGroups(): MergedGroups {
  const context = withClickHouse()
  let duckdb: DuckDB
  let session: DuckDBSession
  beforeAll(async () => {
    duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 512, tempDirectory: tmpdir() })
    session = await duckdb.session()
  })
  afterAll(() => duckdb?.close())
  return async <Answer>(
    measure: MeasureDefinition,
    type: string,
    groups: readonly (readonly string[])[],
    partials = 2,
  ) => {
    const revision = MEASURE_REVISIONS[measure.kind] ?? 0
    const bound = { name: 'm', measure, type, byType: undefined, revision }
    const compiled = compileMeasure(bound, new SharedColumns())
    const rows = groups.flatMap((values, group) =>
      values.map((value, index) => `(${group}, ${index % partials}, '${value}')`),
    )
    const fields = compiled.rowFields.map(({ name, sql }) => `${sql} AS "${name}"`)
    const folds = compiled.inputs.map(({ name, fold }) => `${fold} AS "${name}"`)
    const body = await session.copyToParquet(
      `SELECT CAST(g AS INTEGER) AS g, ${folds.join(', ')} FROM (SELECT g, part, ${fields.join(', ')}
       FROM (SELECT g, part, CAST(v AS ${type}) AS x FROM (VALUES ${rows.join(', ')}) r(g, part, v))) GROUP BY g, part`,
      { compression: 'lz4', rowGroupSize: 1_000_000 },
    )
    const { clickHouse } = context
    const states = compiled.states.map(({ name, type }) => `\`${name}\` ${type}`)
    await clickHouse.command('DROP TABLE IF EXISTS drawn')
    await clickHouse.command(
      `CREATE TABLE drawn (g Int32, ${states.join(', ')}) ENGINE = AggregatingMergeTree ORDER BY g`,
    )
    const structure = ['g Int32', ...compiled.inputs.map(({ name, type }) => `\`${name}\` ${type}`)].join(
      ', ',
    )
    await clickHouse.insertSelect(
      `INSERT INTO drawn SELECT g, ${compiled.states.map(({ from }) => from).join(', ')}
       FROM input(${clickhouseString(structure)}) FORMAT Parquet`,
      body,
      { settings: {} },
    )
    const found = await clickHouse.rows<{ m: Answer }>(
      `SELECT ${compiled.finish} AS m FROM drawn GROUP BY g ORDER BY g`,
    )
    return found.map(({ m }) => m)
  }
}
