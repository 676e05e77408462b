import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { CompiledView } from '../../core/sql/compiled-view.ts'
import type { COVERAGE_FACTS } from '../../core/sql/merge.ts'
import { type Comparison, comparisonsOf } from './plain-sql.ts'

/** How far a measure of the answer, or one level of its quantiles, is from the recomputation. */
export interface MeasureComparison {
  readonly name: string
  /** The deviation that is within the measure's promise, as a part of its size; 0: equal. */
  readonly allowed: number
  /** The largest deviation seen, as a part of the size; of a measure that must be equal: 1 where it is not. */
  readonly largest: number
  /** Groups in which the deviation is not within the promise. */
  readonly differing: number
}

const LISTED = 100
/** Events, or elements of their lists, about, whose values are in memory at a time. */
const SLICE_VALUES = 5_000_000

/** What was found of a whole view. */
export interface AnswerComparison {
  /** Events that count in the view. */
  readonly events: number
  readonly groups: number
  /** A line for each difference, `LISTED` at most. */
  readonly differences: readonly string[]
  readonly measures: readonly MeasureComparison[]
}

/** What a coverage row tells. */
export type Fact = Readonly<Record<(typeof COVERAGE_FACTS)[number], string>>

/** What is known of the raw events beside the relation `counted`. */
export interface RawTotals {
  /** Whether they count or not. */
  readonly records: number
  /** How many of them repeat an id. */
  readonly skipped: number
  /** Those that count. */
  readonly counting: number
  /** How many offsets were declared lost. */
  readonly lost: number
}

/**
 * Compares the table `answer` with the relation `counted`, which holds the values of the events that count: the coverage, the groups,
 * and each measure of each group. `onMeasure` is told which one's turn it is: each takes a while.
 */
export async function compareAnswer(
  session: DuckDBSession,
  compiled: CompiledView,
  facts: readonly Fact[],
  raw: RawTotals,
  onMeasure: (label: string) => void,
): Promise<AnswerComparison> {
  const [size] = await session.rows<{ values: bigint; groups: bigint }>(
    'SELECT (SELECT count(*) FROM counted) AS values, (SELECT count(*) FROM answer) AS groups',
  )
  const slices = Math.ceil(Number(size!.values) / SLICE_VALUES)
  const differences = compareCoverage(facts, raw)
  const room = () => LISTED - differences.length
  differences.push(...(await compareGroups(session, compiled, room())))
  const measures: MeasureComparison[] = []
  for (const comparison of comparisonsOf(compiled)) {
    onMeasure(comparison.label)
    measures.push(await compareMeasure(session, compiled, comparison, slices))
    if (measures.at(-1)!.differing > 0)
      differences.push(...(await listDifferences(session, compiled, comparison, room())))
  }
  return { events: raw.counting, groups: Number(size!.groups), differences, measures }
}

/** What the answer says of its coverage must be so: how many records there are, and how many of them count. */
function compareCoverage(facts: readonly Fact[], { records, skipped, counting, lost }: RawTotals): string[] {
  const sum = (...names: (keyof Fact)[]) =>
    facts.reduce((total, fact) => names.reduce((part, name) => part + BigInt(fact[name]), total), 0n)
  const lines = facts
    .filter(fact => Number(fact.source) >= 0 && fact.tiled !== '1')
    .map(fact => `coverage: the markers of partition ${fact.source} have a gap or an overlap`)
  const check = (what: string, is: bigint, should: bigint) => {
    if (is !== should) lines.push(`coverage: ${what} is ${is}, should be ${should}`)
  }
  check('the number of records', sum('accepted', 'filtered', 'quarantined', 'skipped'), BigInt(records))
  check('the number of records that count', sum('accepted'), BigInt(counting))
  check('the number of records left out as duplicates', sum('skipped'), BigInt(skipped))
  check('the number of lost offsets', sum('lost'), BigInt(lost))
  return lines
}

async function compareGroups(
  session: DuckDBSession,
  compiled: CompiledView,
  limit: number,
): Promise<string[]> {
  const keys = keysOf(compiled)
  const rows = await session.rows<Record<string, unknown>>(
    `SELECT ${keys.map(key => `coalesce(a.${key}, e.${key}) AS ${key}`).join(', ')}, a.t IS NULL AS missing
     FROM answer a FULL OUTER JOIN (SELECT DISTINCT ${keys.join(', ')} FROM counted) e ON ${sameKeys(compiled)}
     WHERE a.t IS NULL OR e.t IS NULL ORDER BY ALL LIMIT ${limit}`,
  )
  return rows.map(
    row => `${groupText(compiled, row)} ${row['missing'] ? 'is missing' : 'should not be there'}`,
  )
}

/**
 * Fills the table `compared` for one measure and sums it up. Groups go in slices: an exact quantile or distinct count
 * needs all values of its group in memory.
 */
async function compareMeasure(
  session: DuckDBSession,
  compiled: CompiledView,
  { label, is, should, tolerance }: Comparison,
  slices: number,
): Promise<MeasureComparison> {
  const keys = keysOf(compiled).join(', ')
  const different = 'a.value IS DISTINCT FROM e.value'
  const distance =
    tolerance === undefined
      ? `CASE WHEN ${different} THEN 1.0 ELSE 0.0 END`
      : `CASE WHEN NOT (${different}) THEN 0.0 ELSE coalesce(abs(CAST(a.value AS DOUBLE) - CAST(e.value AS DOUBLE)), CAST('inf' AS DOUBLE)) END`
  const size = tolerance === undefined ? '1.0' : tolerance.size
  const slice = (where: string) =>
    `SELECT ${keysOf(compiled)
      .map(key => `a.${key}`)
      .join(', ')}, a.value AS is_value, e.value AS should_be, ${distance} AS distance, e.size AS size
     FROM (SELECT ${keys}, ${is} AS value FROM answer) a
     JOIN (SELECT ${keys}, ${should} AS value, CAST(${size} AS DOUBLE) AS size FROM counted WHERE ${where} GROUP BY ${keys}) e ON ${sameKeys(compiled)}`
  await session.run(`CREATE OR REPLACE TEMP TABLE compared AS ${slice('false')}`)
  for (let index = 0; index < slices; index++)
    await session.run(`INSERT INTO compared ${slice(`hash(${keys}) % ${slices} = ${index}`)}`)
  const [found] = await session.rows<{ largest: number | null; differing: bigint }>(
    `SELECT max(distance / size) AS largest, count(*) FILTER (WHERE ${isTooFar(tolerance)}) AS differing FROM compared`,
  )
  return {
    name: label,
    allowed: tolerance?.relative ?? 0,
    largest: found!.largest ?? 0,
    differing: Number(found!.differing),
  }
}

async function listDifferences(
  session: DuckDBSession,
  compiled: CompiledView,
  { label, tolerance }: Comparison,
  limit: number,
): Promise<string[]> {
  const rows = await session.rows<Record<string, unknown>>(
    `FROM compared WHERE ${isTooFar(tolerance)} ORDER BY ${keysOf(compiled).join(', ')} LIMIT ${limit}`,
  )
  return rows.map(
    row =>
      `${groupText(compiled, row)}: ${label} is ${text(row['is_value'])}, should be ${text(row['should_be'])}`,
  )
}

function isTooFar(tolerance: Comparison['tolerance']): string {
  return `distance > coalesce(${tolerance?.allowed ?? '0'}, 0)`
}

function keysOf({ dimensions }: CompiledView): string[] {
  return ['t', ...dimensions.map((_, index) => `k${index}`)]
}

function sameKeys(compiled: CompiledView): string {
  return keysOf(compiled)
    .map(key => `a.${key} IS NOT DISTINCT FROM e.${key}`)
    .join(' AND ')
}

function groupText({ dimensions }: CompiledView, row: Readonly<Record<string, unknown>>): string {
  const keys = dimensions.map(({ name }, index) => `, ${name} = ${text(row[`k${index}`])}`)
  return `group ${text(row['t'])}${keys.join('')}`
}

function text(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value !== 'object') return String(value)
  return JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item))
}
