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
import type { BoundView } from '../../core/model/view.ts'
import { type CompiledView, compileView } from '../../core/sql/compiled-view.ts'
import { COVERAGE_FACTS } from '../../core/sql/merge.ts'
import { collectedFloor } from '../publish/collection-store.ts'
import { leastCuts } from '../publish/least-cuts.ts'
import { type BlockSum, type ChainBlock, sumChain, sumEvents, sumRuns } from './block-sums.ts'
import { compareAnswer, type Fact } from './compare-answer.ts'
import { compareChain, compareRuns } from './compare-blocks.ts'
import { loadCoveredEvents, type OnRead } from './covered-events.ts'
import { type Finding, guarded } from './finding.ts'
import { readAnswerSql, readCoverageSql, writeAnswer } from './merged-answer.ts'
import { countedSql } from './plain-sql.ts'
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
  onRead: OnRead,
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
    const isRefused = touchesAnswers(parts, snapshot.breaks)
    const answer = isRefused ? undefined : await readAnswer(context, session, parts, snapshot, folder.path)
    const through = answer?.through ?? Object.fromEntries(snapshot.reach)
    const compiled = compileView(view)
    const lost = await loadEvents(context, session, compiled, inspections, through, parts, findings, onRead)
    const isChain = await compareParts(session, parts, snapshot, lost, findings)
    if (answer === undefined || lost === undefined) return undefined
    const declared = lost.reduce((sum, { start, end }) => sum + end - start, 0)
    if (answer.facts.reduce((sum, fact) => sum + Number(fact.lost), 0) < declared) {
      findings.push(heldFinding(parts, lost))
      return undefined
    }
    const comparison: ViewComparison = {
      view: view.name,
      version: view.version,
      generation: parts.seq,
      through,
      ...(await compareAnswer(session, compiled, answer.facts, declared)),
    }
    if (comparison.differences.length > 0) findings.push(differenceFinding(parts, comparison, isChain))
    return comparison
  } finally {
    await duckdb.close()
    folder.remove()
  }
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

async function readAnswer(
  context: LayerContext,
  session: DuckDBSession,
  { view, generation, seq }: ServedParts,
  { origins }: Snapshot,
  folder: string,
): Promise<{ facts: Fact[]; through: Record<string, number> }> {
  const compiled = compileView(view)
  const path = join(folder, 'answer.parquet')
  await writeAnswer(context.clickhouse, compiled, generation, seq, path)
  await session.run(`CREATE TEMP TABLE answer AS ${readAnswerSql(compiled, path)}`)
  const facts = await readFacts(session, path)
  return { facts, through: throughOf(generation, origins, facts) }
}

/**
 * Loads the raw events, and those that count. @returns what of them was declared lost; `undefined` where they cannot be
 * read, which is a finding
 */
async function loadEvents(
  context: LayerContext,
  session: DuckDBSession,
  compiled: CompiledView,
  inspections: ReadonlyMap<number, PartitionInspection>,
  through: Cut,
  parts: ServedParts,
  findings: Finding[],
  onRead: OnRead,
): Promise<readonly OffsetRange[] | undefined> {
  let lost: readonly OffsetRange[] | undefined
  const load = async () => {
    const { stream } = compiled.view
    const found = await loadCoveredEvents(context, session, stream, inspections, through, 'events', onRead)
    await session.run(`CREATE TEMP TABLE counted AS ${countedSql(compiled, 'events')}`)
    lost = found
  }
  await guarded(findings, load, error => rawFinding(parts, error))
  return lost
}

/** Compares chain and runs block by block; true where the chain differs. */
async function compareParts(
  session: DuckDBSession,
  parts: ServedParts,
  { breaks, chain, runs, reach }: Snapshot,
  lost: readonly OffsetRange[] | undefined,
  findings: Finding[],
): Promise<boolean> {
  const { cut } = parts.generation
  const { blockSize } = parts.view.stream
  const events = lost === undefined ? undefined : await sumEvents(session, blockSize, reach)
  const isBroken = ({ partition, block }: BlockSum) =>
    breaks.some(
      ({ partition: at, start, end }) => at === partition && start < block + blockSize && end > block,
    )
  const ofChain = compareChain(chain, events, cut, blockSize, lost ?? [], isBroken)
  if (ofChain.length > 0) findings.push(chainFinding(parts, ofChain))
  const ofRuns = events === undefined ? [] : compareRuns(runs, events, cut, blockSize, lost ?? [])
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
