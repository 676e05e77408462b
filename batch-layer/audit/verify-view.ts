import { join } from 'node:path'
import type { PartitionInspection } from '../../core/io/archive/inspect-partition.ts'
import { type DuckDBSession, openDuckDB } from '../../core/io/duckdb/session.ts'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { openTemporaryFolder } from '../../core/io/process/temporary-folder.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { readPointer, readPointersFrom } from '../../core/io/store/pointer-store.ts'
import { servedGeneration } from '../../core/io/store/publication-store.ts'
import { type Cut, cutOf } from '../../core/model/cut.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import type { ValueBatch } from '../../core/model/record.ts'
import { readsEnvelope } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'
import { type CompiledView, compileView } from '../../core/sql/compiled-view.ts'
import { COVERAGE_FACTS } from '../../core/sql/merge.ts'
import { collectedFloor } from '../publish/collection-store.ts'
import { leastCuts } from '../publish/least-cuts.ts'
import { type BlockSum, type ChainBlock, sumChain, sumRuns } from './block-sums.ts'
import { compareAnswer, type Fact } from './compare-answer.ts'
import { compareChain, compareRuns } from './compare-blocks.ts'
import { CountedEvents } from './counted-events.ts'
import { readCoveredRecords } from './covered-events.ts'
import { type Finding, guarded } from './finding.ts'
import { readAnswerSql, readCoverageSql, writeAnswer } from './merged-answer.ts'
import type { ServedParts, ViewComparison } from './served-parts.ts'
import { type ChainBreak, findBreaks } from './verify-chain.ts'
import {
  breakFinding,
  chainFinding,
  differenceFinding,
  heldFinding,
  rawFinding,
  runFinding,
  touchesAnswers,
} from './view-findings.ts'

/** What ClickHouse has of the parts, read before the raw events are: it goes on while those are decoded. */
interface Snapshot {
  readonly origins: ReadonlyMap<number, PartitionOrigin>
  readonly breaks: readonly ChainBreak[]
  readonly chain: readonly ChainBlock[]
  readonly runs: readonly BlockSum[]
  /** How far the cut and the chain reach, by partition; never beyond the log. */
  readonly reach: ReadonlyMap<number, number>
}

/** One view's verification: with what, of what, and where it tells what it finds. */
interface ViewCheck {
  readonly context: LayerContext
  readonly session: DuckDBSession
  /** For what does not fit into memory. */
  readonly folder: string
  readonly parts: ServedParts
  readonly compiled: CompiledView
  readonly snapshot: Snapshot
  readonly findings: Finding[]
}

/** What the raw events came to; those that count are the relation `counted`. */
interface RawEvents {
  readonly records: number
  readonly skipped: number
  /** Those that count. */
  readonly counting: number
  readonly lost: readonly OffsetRange[]
  readonly blocks: readonly BlockSum[]
}

/** Is told what is being done, and how many records more have been read for it. */
export type OnStep = (step: string, records: number) => void

/**
 * Verifies what serves a view. The chain is checked by itself; then all raw records that it covers are decoded, the
 * view is computed from them by plain SQL, and each block of the chain and of the runs, and each value of the merged
 * answer, is held against it.
 *
 * @returns how the answer compares; `undefined` where it is refused, or where the raw events cannot be read
 */
export async function verifyView(
  context: LayerContext,
  configured: BoundView,
  inspections: ReadonlyMap<number, PartitionInspection>,
  findings: Finding[],
  onStep: OnStep,
): Promise<ViewComparison | undefined> {
  const { clickhouse } = context
  // Read anew for each view: by the time that the last one's turn has come, the first pointer may be collected.
  const pointer = await readPointer(clickhouse)
  const { view, generation } = await servedGeneration(clickhouse, configured, pointer)
  const parts: ServedParts = { view, generation, seq: pointer?.seq ?? 0 }
  const snapshot = await readSnapshot(context, parts)
  if (snapshot.breaks.length > 0) findings.push(breakFinding(parts, snapshot.breaks))
  const folder = await openTemporaryFolder(context.dataDir, 'verify')
  const duckdb = await openDuckDB({
    threads: context.options.batchThreads,
    memoryLimitMb: context.options.batchMemoryMb,
    tempDirectory: join(folder.path, 'spill'),
  })
  try {
    const session = await duckdb.session()
    const compiled = compileView(view)
    const check = { context, session, folder: folder.path, parts, compiled, snapshot, findings }
    return await compareWithRawEvents(check, inspections, onStep)
  } finally {
    await duckdb.close()
    folder.remove()
  }
}

async function compareWithRawEvents(
  check: ViewCheck,
  inspections: ReadonlyMap<number, PartitionInspection>,
  onStep: OnStep,
): Promise<ViewComparison | undefined> {
  const { session, parts, compiled, snapshot, findings } = check
  const { name: view, version } = parts.view
  const answer = touchesAnswers(parts, snapshot.breaks) ? undefined : await readAnswer(check)
  const through = answer?.through ?? Object.fromEntries(snapshot.reach)
  const raw = await readRawEvents(check, inspections, through, onStep)
  const isChain = compareParts(check, raw)
  if (answer === undefined || raw === undefined) return undefined
  const lost = raw.lost.reduce((sum, { start, end }) => sum + end - start, 0)
  if (answer.facts.reduce((sum, fact) => sum + Number(fact.lost), 0) < lost) {
    findings.push(heldFinding(parts, raw.lost))
    return undefined
  }
  const onMeasure = (label: string) => onStep(`comparing ${label}`, 0)
  const found = await compareAnswer(
    session,
    compiled,
    answer.facts,
    { records: raw.records, skipped: raw.skipped, counting: raw.counting, lost },
    onMeasure,
  )
  const comparison: ViewComparison = { view, version, generation: parts.seq, through, ...found }
  if (comparison.differences.length > 0) findings.push(differenceFinding(parts, comparison, isChain))
  return comparison
}

async function readSnapshot(context: LayerContext, { view, generation }: ServedParts): Promise<Snapshot> {
  const { clickhouse, driver } = context
  const { chain: name, cut } = generation
  const origins = await readOrigins(clickhouse, view.stream.topic)
  const floor = await collectedFloor(clickhouse)
  const kept = leastCuts(await readPointersFrom(clickhouse, floor)).find(
    least => least.view === view.name && least.version === view.version,
  )
  const from = kept?.cut ?? cut
  const chain = await sumChain(clickhouse, view, name, from)
  const breaks = await findBreaks(clickhouse, { view, chain: name, from, origins })
  const runs = await sumRuns(
    clickhouse,
    view,
    generation.runs.map(({ id }) => id),
  )
  // Asked last: the chain may not have come further than this.
  const log = await driver.offsets(view.stream.topic)
  const reach = new Map<number, number>()
  for (const { partition, begin } of origins.values()) {
    const ends = chain.filter(block => block.partition === partition).map(({ end }) => end)
    const told = Math.max(begin, cutOf(cut, partition), ...ends)
    const logEnd = log.get(partition)?.end ?? 0
    reach.set(partition, Math.min(told, Math.max(logEnd, begin)))
    if (told > logEnd)
      breaks.push({
        what: 'beyond the log',
        partition,
        lane: partition % view.stream.lanes,
        seq: -1,
        start: logEnd,
        end: told,
      })
  }
  return { origins, breaks, chain, runs, reach }
}

async function readAnswer({
  context,
  session,
  folder,
  compiled,
  parts: { generation, seq },
  snapshot: { origins },
}: ViewCheck): Promise<{ facts: Fact[]; through: Record<string, number> }> {
  const path = join(folder, 'answer.parquet')
  await writeAnswer(context.clickhouse, compiled, generation, seq, path)
  await session.run(`CREATE TEMP TABLE answer AS ${readAnswerSql(compiled, path)}`)
  const facts = await readFacts(session, path)
  return { facts, through: throughOf(generation, origins, facts) }
}

/** Reads the raw events; `undefined` where they cannot be read, which is a finding. */
async function readRawEvents(
  { context, session, folder, compiled, parts, snapshot, findings }: ViewCheck,
  inspections: ReadonlyMap<number, PartitionInspection>,
  through: Cut,
  onStep: OnStep,
): Promise<RawEvents | undefined> {
  let raw: RawEvents | undefined
  const read = async () => {
    const counted = await CountedEvents.create(session, compiled, folder, snapshot.reach)
    const envelope = readsEnvelope(parts.view.stream)
    const onRecords = async (topicId: string, batch: ValueBatch) => {
      await counted.append(topicId, batch)
      onStep('reading its events', batch.records.length)
    }
    const lost = await readCoveredRecords(context, session, inspections, through, envelope, onRecords)
    await counted.flush()
    const { records, skipped, counting } = counted
    raw = { records, skipped, counting, lost, blocks: await counted.blockSums() }
  }
  await guarded(findings, read, error => rawFinding(parts, error))
  return raw
}

/** Compares chain and runs block by block; true where the chain differs. */
function compareParts(
  { parts, snapshot: { breaks, chain, runs }, findings }: ViewCheck,
  raw: RawEvents | undefined,
): boolean {
  const { cut } = parts.generation
  const { blockSize } = parts.view.stream
  const lost = raw?.lost ?? []
  const isBroken = ({ partition, block }: BlockSum) =>
    breaks.some(
      ({ partition: at, start, end }) => at === partition && start < block + blockSize && end > block,
    )
  const ofChain = compareChain(chain, raw?.blocks, cut, blockSize, lost, isBroken)
  if (ofChain.length > 0) findings.push(chainFinding(parts, ofChain))
  const ofRuns = raw === undefined ? [] : compareRuns(runs, raw.blocks, cut, blockSize, lost)
  if (ofRuns.length > 0) findings.push(runFinding(parts, ofRuns))
  return ofChain.length > 0
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
