import { compileDecoder } from '../../core/decode/compile.ts'
import { segmentPath } from '../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../core/io/archive/verify-segment.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { isUnknownOutcome } from '../../core/io/clickhouse/errors.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { compareAndSwap } from '../../core/io/store/compare-and-swap.ts'
import { retryWait } from '../../core/io/store/retry-wait.ts'
import type { Segment } from '../../core/model/segment.ts'
import { readsEnvelope } from '../../core/model/stream.ts'
import { compileView } from '../../core/sql/compiled-view.ts'
import { judgeSql, runRowsSql } from '../../core/sql/fold.ts'
import { runInsertSql } from '../../core/sql/insert.ts'
import { BATCH_KIND, batchTable } from '../../core/sql/tables.ts'
import { clickhouseString, duckdbString } from '../../core/sql/text.ts'
import { type FoldIds, foldIds } from './fold-ids.ts'
import { type Chunk, type FoldPlan, type JobPlan, lostOf, type SegmentPart } from './plan.ts'
import { EventTable, readPart } from './raw-events.ts'

export interface ExecuteContext {
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  readonly files: Files
  readonly archive: string
  /** Chunks done of all, for a progress bar. */
  readonly onProgress: (done: number, total: number) => void
}

/**
 * Writes the runs of a plan, chunk by chunk. A chunk that is there already, from an earlier try, is left alone, so a
 * plan can be executed again after a crash at any point.
 *
 * @throws SEGMENT_DAMAGED before anything is folded from a file that is not what it was
 */
export async function executePlan(context: ExecuteContext, plan: JobPlan): Promise<void> {
  const total = plan.folds.reduce((count, fold) => count + fold.chunks.length, 0)
  let done = 0
  for (const fold of plan.folds) {
    await verifySources(context, fold)
    const ids = foldIds(context, fold)
    for (const [index, chunk] of fold.chunks.entries()) {
      await executeChunk(context, fold, chunk, index, ids)
      context.onProgress(++done, total)
    }
  }
}

async function verifySources(context: ExecuteContext, fold: FoldPlan): Promise<void> {
  const segments = new Map<string, Segment>()
  for (const { segment } of [...(fold.leadIn ?? []), ...fold.chunks.flat()])
    segments.set(segmentPath(context.archive, segment), segment)
  for (const segment of segments.values()) await verifySegment(context.files, context.archive, segment)
}

async function executeChunk(
  context: ExecuteContext,
  fold: FoldPlan,
  chunk: Chunk,
  index: number,
  ids: FoldIds | undefined,
): Promise<void> {
  const missing: FoldPlan['views'][number][] = []
  for (const target of fold.views) {
    if (!(await isThere(context.clickhouse, target, index))) missing.push(target)
  }
  if (missing.length === 0) return
  const { session } = context
  const relation =
    fold.source === 'typed' ? typedRelation(context.archive, chunk) : await loadRaw(context, fold, chunk, ids)
  for (const target of missing) {
    const compiled = compileView(target.view)
    await session.run(judgeSql(compiled, relation, 'judged'))
    const rows = await session.copyToParquet(runRowsSql(compiled, 'judged', lostOf(chunk)), ONE_ROW_GROUP)
    await insertChunk(context.clickhouse, target, index, runInsertSql(compiled, target.run, index), rows)
    crashPoint('batch: chunk written')
  }
  await session.run('DROP TABLE IF EXISTS judged; DROP TABLE IF EXISTS chunk_events')
}

const ONE_ROW_GROUP = { compression: 'lz4', rowGroupSize: 2 ** 22 } as const

async function insertChunk(
  clickhouse: ClickHouse,
  target: FoldPlan['views'][number],
  index: number,
  sql: string,
  rows: Uint8Array,
): Promise<void> {
  await compareAndSwap({
    token: `${target.run}/${index}`,
    isUnknownOutcome,
    wait: retryWait(5 * 60_000),
    insert: async token => {
      await clickhouse.insertSelect(sql, rows, { settings: { insert_deduplication_token: token } })
    },
    settle: async () => ((await isThere(clickhouse, target, index)) ? 'ours' : 'absent'),
  })
}

async function isThere(
  clickhouse: ClickHouse,
  target: FoldPlan['views'][number],
  index: number,
): Promise<boolean> {
  const [row] = await clickhouse.rows<{ n: string }>(
    `SELECT count() AS n FROM ${batchTable(target.view)}
     WHERE __kind = ${BATCH_KIND.chunkTally} AND __run = ${clickhouseString(target.run)} AND __chunk = ${index}`,
  )
  return Number(row?.n) > 0
}

/** The archived columns of a chunk, as a relation. */
function typedRelation(archive: string, chunk: Chunk): string {
  return `(${chunk.map(part => typedPart(archive, part)).join(' UNION ALL ')})`
}

function typedPart(archive: string, { segment, start, end }: SegmentPart): string {
  const path = duckdbString(segmentPath(archive, segment))
  return `SELECT * FROM read_parquet(${path}) WHERE __offset >= ${start} AND __offset < ${end}`
}

/** Decodes the raw bytes of a chunk into a table, whose name is the answer. */
async function loadRaw(
  context: ExecuteContext,
  fold: FoldPlan,
  chunk: Chunk,
  ids: FoldIds | undefined,
): Promise<string> {
  const { session, archive } = context
  const decoder = compileDecoder(fold.stream)
  const events = await EventTable.create(session, 'chunk_events', decoder, ids?.duplicates)
  for (const part of chunk) {
    await ids?.before(part)
    for await (const page of readPart(session, archive, part, readsEnvelope(fold.stream)))
      await events.append(part.segment.topicId, page)
  }
  return events.name
}
