import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBSession, openDuckDB } from '../../core/io/duckdb/session.ts'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { cutOf } from '../../core/model/cut.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { type CompiledView, compileView } from '../../core/sql/compiled-view.ts'
import { COVERAGE_FACTS } from '../../core/sql/merge.ts'
import { loadCoveredEvents } from './covered-events.ts'
import { readAnswerSql, readCoverageSql, writeAnswer } from './merged-answer.ts'
import { type Comparison, comparisonsOf, countedSql } from './plain-sql.ts'

/** How a view's merged answer compares with plain SQL over the raw events it covers. */
export interface ViewComparison {
  readonly view: string
  readonly version: string
  readonly generation: number
  /** The answer and the recomputation cover exactly the records below these offsets. */
  readonly through: Readonly<Record<string, number>>
  /** Events that count in the view. */
  readonly events: number
  readonly groups: number
  /** A line for each difference, `LISTED` at most. */
  readonly differences: readonly string[]
  readonly measures: readonly MeasureComparison[]
}

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

/**
 * Asks for everything that a generation answers of a view, decodes all the raw records that the answer says it
 * covers, computes the view from them by plain SQL, and holds the two against each other, value by value.
 *
 * @throws what keeps the records from being read: ARCHIVE_GAP, SEGMENT_DAMAGED, OFFSET_OUT_OF_RANGE, …
 */
export async function compareView(
  context: LayerContext,
  view: BoundView,
  generation: ViewGeneration,
  seq: number,
): Promise<ViewComparison> {
  const folder = join(context.dataDir, 'tmp', `verify-${randomUUID()}`)
  await mkdir(folder, { recursive: true })
  const duckdb = await openDuckDB({
    threads: context.options.batchThreads,
    memoryLimitMb: context.options.batchMemoryMb,
    tempDirectory: join(folder, 'spill'),
  })
  try {
    const session = await duckdb.session()
    const compiled = compileView(view)
    const path = join(folder, 'answer.parquet')
    await writeAnswer(context.clickhouse, compiled, generation, seq, path)
    const facts = await readFacts(session, path)
    const origins = await readOrigins(context.clickhouse, view.stream.topic)
    const through = throughOf(generation, origins, facts)
    await loadCoveredEvents(context, session, view.stream, origins, through, 'events')
    await session.run(`CREATE TEMP TABLE answer AS ${readAnswerSql(compiled, path)};
      CREATE TEMP TABLE counted AS ${countedSql(compiled, 'events')}`)
    return {
      view: view.name,
      version: view.version,
      generation: seq,
      through,
      ...(await compare(session, compiled, facts)),
    }
  } finally {
    await duckdb.close()
    await rm(folder, { recursive: true, force: true })
  }
}

type Fact = Readonly<Record<(typeof COVERAGE_FACTS)[number], string>>

async function readFacts(session: DuckDBSession, path: string): Promise<Fact[]> {
  const rows = await session.rows<{ facts: string[] }>(readCoverageSql(path))
  return rows.map(
    ({ facts }) => Object.fromEntries(COVERAGE_FACTS.map((name, index) => [name, facts[index]!])) as Fact,
  )
}

function throughOf(
  generation: ViewGeneration,
  origins: ReadonlyMap<number, PartitionOrigin>,
  facts: readonly Fact[],
): Record<string, number> {
  const ends = new Map(facts.map(fact => [Number(fact.source), Number(fact.end)]))
  return Object.fromEntries(
    [...origins].map(([partition, { begin }]) => [
      partition,
      Math.max(cutOf(generation.cut, partition), begin, ends.get(partition) ?? 0),
    ]),
  )
}

type Found = Pick<ViewComparison, 'events' | 'groups' | 'differences' | 'measures'>

/** Compares the tables `answer` and `counted`. */
async function compare(
  session: DuckDBSession,
  compiled: CompiledView,
  facts: readonly Fact[],
): Promise<Found> {
  const differences = await compareCoverage(session, facts)
  const room = () => LISTED - differences.length
  differences.push(...(await compareGroups(session, compiled, room())))
  const measures: MeasureComparison[] = []
  for (const comparison of comparisonsOf(compiled)) {
    measures.push(await compareMeasure(session, compiled, comparison))
    if (measures.at(-1)!.differing > 0)
      differences.push(...(await listDifferences(session, compiled, comparison, room())))
  }
  const [size] = await session.rows<{ events: bigint; groups: bigint }>(
    'SELECT (SELECT count(*) FROM counted) AS events, (SELECT count(*) FROM answer) AS groups',
  )
  return { events: Number(size!.events), groups: Number(size!.groups), differences, measures }
}

/** What the answer says of its coverage must be so: how many records there are, and how many of them count. */
async function compareCoverage(session: DuckDBSession, facts: readonly Fact[]): Promise<string[]> {
  const [found] = await session.rows<{ records: bigint; accepted: bigint }>(
    'SELECT (SELECT count(*) FROM events) AS records, (SELECT count(*) FROM counted) AS accepted',
  )
  const sum = (...names: (keyof Fact)[]) =>
    facts.reduce((total, fact) => names.reduce((part, name) => part + BigInt(fact[name]), total), 0n)
  const lines = facts
    .filter(fact => Number(fact.source) >= 0 && fact.tiled !== '1')
    .map(fact => `coverage: the markers of partition ${fact.source} have a gap or an overlap`)
  const check = (what: string, is: bigint, should: bigint) => {
    if (is !== should) lines.push(`coverage: ${what} is ${is}, should be ${should}`)
  }
  check('the number of records', sum('accepted', 'filtered', 'quarantined', 'skipped'), found!.records)
  check('the number of records that count', sum('accepted'), found!.accepted)
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

/** Fills the table `compared` for one measure and sums it up. */
async function compareMeasure(
  session: DuckDBSession,
  compiled: CompiledView,
  { label, is, should, tolerance }: Comparison,
): Promise<MeasureComparison> {
  const keys = keysOf(compiled)
  const different = 'a.value IS DISTINCT FROM e.value'
  const distance =
    tolerance === undefined
      ? `CASE WHEN ${different} THEN 1.0 ELSE 0.0 END`
      : `CASE WHEN NOT (${different}) THEN 0.0 ELSE coalesce(abs(CAST(a.value AS DOUBLE) - CAST(e.value AS DOUBLE)), CAST('inf' AS DOUBLE)) END`
  const size = tolerance === undefined ? '1.0' : tolerance.size
  await session.run(
    `CREATE OR REPLACE TEMP TABLE compared AS
     SELECT ${keys.map(key => `a.${key}`).join(', ')}, a.value AS is_value, e.value AS should_be, ${distance} AS distance, e.size AS size
     FROM (SELECT ${keys.join(', ')}, ${is} AS value FROM answer) a
     JOIN (SELECT ${keys.join(', ')}, ${should} AS value, CAST(${size} AS DOUBLE) AS size FROM counted GROUP BY ${keys.join(', ')}) e ON ${sameKeys(compiled)}`,
  )
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
  return value === null || value === undefined ? 'NULL' : String(value)
}
