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
import { compileView } from '../../core/sql/compiled-view.ts'
import { COVERAGE_FACTS } from '../../core/sql/merge.ts'
import { type AnswerComparison, compareAnswer, type Fact } from './compare-answer.ts'
import { loadCoveredEvents } from './covered-events.ts'
import { readAnswerSql, readCoverageSql, writeAnswer } from './merged-answer.ts'
import { countedSql } from './plain-sql.ts'

/** How a view's merged answer compares with plain SQL over the raw events it covers. */
export interface ViewComparison extends AnswerComparison {
  readonly view: string
  readonly version: string
  readonly generation: number
  /** The answer and the recomputation cover exactly the records below these offsets. */
  readonly through: Readonly<Record<string, number>>
}

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
      ...(await compareAnswer(session, compiled, facts)),
    }
  } finally {
    await duckdb.close()
    await rm(folder, { recursive: true, force: true })
  }
}

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
