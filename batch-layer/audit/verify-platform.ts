import type { PartitionInspection } from '../../core/io/archive/inspect-partition.ts'
import type { LayerContext } from '../../core/io/layer-context.ts'
import { readPointersFrom } from '../../core/io/store/pointer-store.ts'
import type { TwofoldError } from '../../core/model/errors.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'
import { lostRanges } from '../../core/model/segment.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'
import { collectedFloor } from '../publish/collection-store.ts'
import { type Finding, guarded, harmful } from './finding.ts'
import { publishedEnds } from './published-ends.ts'
import type { ViewComparison } from './served-parts.ts'
import { archiveFindings, inspectStream } from './verify-archive.ts'
import { verifyGenerations, verifyHistory } from './verify-pointers.ts'
import { verifyRuns } from './verify-runs.ts'
import { verifyView } from './verify-view.ts'

export interface StreamReport {
  readonly topic: string
  readonly segments: number
  readonly records: number
  /** The ranges that were declared lost. */
  readonly lost: readonly OffsetRange[]
}

/** What `verify` found. */
export interface VerifyReport {
  readonly ok: boolean
  readonly findings: readonly Finding[]
  readonly streams: readonly StreamReport[]
  /** The views whose answers could be held against their raw events. */
  readonly views: readonly ViewComparison[]
}

/**
 * Looks at every segment, every readable generation with its runs, and every chain, and computes each view anew from
 * the raw events by plain SQL, which shares nothing with the fold, to hold blocks and merged answers against it. It
 * only reads, goes on after each finding, and may run while all layers are at work.
 */
export async function verifyPlatform(
  context: LayerContext,
  onProgress: (done: number, total: number, text: string) => void,
): Promise<VerifyReport> {
  const findings: Finding[] = []
  onProgress(0, 1, 'generations and their runs')
  await guarded(findings, () => verifyPublications(context, findings), unreadable)
  const streams: StreamReport[] = []
  const inspections = new Map<string, ReadonlyMap<number, PartitionInspection>>()
  for (const stream of context.project.streams) {
    onProgress(0, 1, `archive of ${stream.topic}`)
    const found = await inspectStream(context, stream, await publishedOrNothing(context, stream))
    inspections.set(stream.topic, found)
    findings.push(...[...found.values()].flatMap(archiveFindings))
    const segments = [...found.values()].flatMap(inspection => inspection.segments)
    const records = segments.reduce((sum, segment) => sum + segment.records, 0)
    streams.push({ topic: stream.topic, segments: segments.length, records, lost: lostRanges(segments) })
  }
  const views: ViewComparison[] = []
  // Nearly all of the time goes to the events, which are read once for each view.
  const recordsOf = (view: BoundView) => streams.find(({ topic }) => topic === view.stream.topic)!.records
  const total = context.views.reduce((sum, view) => sum + recordsOf(view), 0)
  let done = 0
  for (const view of context.views) {
    const tell = (step: string, records: number) =>
      onProgress(Math.min((done += records), total), total, `view ${view.name}: ${step}`)
    tell('reading its answer', 0)
    const verify = async () => {
      const comparison = await verifyView(context, view, inspections.get(view.stream.topic)!, findings, tell)
      if (comparison !== undefined) views.push(comparison)
    }
    await guarded(findings, verify, error => ({ ...unreadable(error), view: view.name }))
  }
  return { ok: findings.length === 0, findings, streams, views }
}

async function verifyPublications({ clickhouse }: LayerContext, findings: Finding[]): Promise<void> {
  findings.push(...(await verifyHistory(clickhouse)))
  const readable = await readPointersFrom(clickhouse, await collectedFloor(clickhouse))
  findings.push(...(await verifyGenerations(clickhouse, readable)))
  findings.push(...(await verifyRuns(clickhouse, readable)))
}

/** A pointer that cannot be read is told where the generations are looked at. */
async function publishedOrNothing(
  context: LayerContext,
  { topic }: StreamDefinition,
): Promise<ReadonlyMap<number, number>> {
  let published: ReadonlyMap<number, number> = new Map()
  const read = async () => {
    published = await publishedEnds(context.clickhouse, context.views, topic)
  }
  await guarded([], read, unreadable)
  return published
}

/** A check was refused by what it was to check. */
function unreadable(error: TwofoldError): Finding {
  return harmful(error, { hint: error.hint })
}
