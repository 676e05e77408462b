import type { SegmentChain } from '../../core/io/archive/segment-chain.ts'
import { type Cut, coversCut, cutBelow, cutOf, sameCut } from '../../core/model/cut.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { OffsetRange } from '../../core/model/offsets.ts'
import {
  FIRST_CHAIN,
  type Pointer,
  type RunReference,
  type ViewGeneration,
} from '../../core/model/pointer.ts'
import type { Segment } from '../../core/model/segment.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { recordsOf } from '../../core/model/tally.ts'
import type { BoundView } from '../../core/model/view.ts'

export type JobKind = 'extend' | 'full'

/** What has been archived of a stream, by partition. */
export type ArchivedStream = ReadonlyMap<number, SegmentChain>

/** A batch job, planned: plain data, made here, run elsewhere, and printable. */
export interface JobPlan {
  readonly id: string
  readonly kind: JobKind
  /** The generation it was planned on (0: none). */
  readonly basedOn: number
  /** A view that is configured no more is to go. */
  readonly drops: boolean
  readonly folds: readonly FoldPlan[]
  /** What each view will be served by; the runs of `folds` are among them once their tallies are known. */
  readonly views: readonly ViewPlan[]
}

/** Views of one stream that take the same records: these are read, and decoded, once. */
export interface FoldPlan {
  readonly stream: StreamDefinition
  readonly from: Cut
  readonly to: Cut
  /** `raw` decodes the records' bytes anew; `typed` takes the columns that the archiver made. */
  readonly source: 'raw' | 'typed'
  readonly chunks: readonly Chunk[]
  /** What lies before `from`, as far back as ids count: what of the chunks repeats them is a duplicate. */
  readonly leadIn?: readonly SegmentPart[]
  readonly views: readonly { readonly view: BoundView; readonly run: string }[]
}

/** Parts of segments that are folded at a time. */
export type Chunk = readonly SegmentPart[]

/** The offsets `[start, end)` of a segment. */
export interface SegmentPart {
  readonly segment: Segment
  readonly start: number
  readonly end: number
}

export interface ViewPlan {
  readonly view: BoundView
  readonly chain: string
  readonly cut: Cut
  /** Runs of the generation before that stay. */
  readonly kept: readonly RunReference[]
  /** The run this job adds, if any. */
  readonly added: { readonly run: string; readonly from: Cut } | undefined
  /** The version that serves now, where the job would replace it by another. */
  readonly replaces: { readonly version: string; readonly chain: string } | undefined
}

export interface PlanInput {
  readonly id: string
  readonly kind: JobKind
  readonly views: readonly BoundView[]
  readonly pointer: Pointer | undefined
  readonly archived: ReadonlyMap<string, ArchivedStream>
  /** Topic → the decoder that the stream's definition names now. */
  readonly decoders: ReadonlyMap<string, string>
  readonly chunkRecords: number
}

/**
 * Plans a job: each view's cut moves to the highest block edge below what is archived. An extension adds a run over
 * what lies between the old cut and the new one; a full recompute, and a view of a new version, folds everything into
 * one run. A new version is a change also where no block is full: then all of its answers come from its chain.
 * `undefined` where there is nothing to do.
 *
 * @throws ARCHIVE_BEHIND where less is archived than is already published
 */
export function planJob(input: PlanInput): JobPlan | undefined {
  const views = input.views.map(view => planView(input, view))
  const dropped = Object.keys(input.pointer?.views ?? {}).some(
    name => !input.views.some(view => view.name === name),
  )
  const plan: JobPlan = {
    id: input.id,
    kind: input.kind,
    basedOn: input.pointer?.seq ?? 0,
    drops: dropped && input.kind === 'full',
    folds: planFolds(input, views),
    views,
  }
  return changesAnything(plan, new Set()) ? plan : undefined
}

/** Whether a plan leaves something to publish where `held` views keep what serves. */
export function changesAnything({ drops, views }: JobPlan, held: ReadonlySet<string>): boolean {
  const isChange = ({ view, added, replaces }: ViewPlan) =>
    !held.has(view.name) && (added !== undefined || replaces !== undefined)
  return drops || views.some(isChange)
}

/** The plan without the runs of views that have to wait: what they fold would be folded again when they may go on. */
export function withoutRunsOf(plan: JobPlan, held: ReadonlySet<string>): JobPlan {
  const folds = plan.folds
    .map(fold => ({ ...fold, views: fold.views.filter(({ view }) => !held.has(view.name)) }))
    .filter(({ views }) => views.length > 0)
  const views = plan.views.map(view => (held.has(view.view.name) ? { ...view, added: undefined } : view))
  return { ...plan, folds, views }
}

/**
 * The job, the generation it was planned on, and the view. From the generation a collector knows whether the run may
 * still be published, which only the next one may do.
 */
function runId({ id, pointer }: PlanInput, view: BoundView): string {
  return `${id}.${pointer?.seq ?? 0}.${view.name}`
}

function planView(input: PlanInput, view: BoundView): ViewPlan {
  const archived = input.archived.get(view.stream.topic) ?? new Map()
  const ends = new Map([...archived].map(([partition, chain]) => [partition, chain.end]))
  const cut = cutBelow(ends, view.stream.blockSize)
  const generation = input.pointer?.views[view.name]
  const same = generation?.version === view.version ? generation : undefined
  const replaces =
    generation !== undefined && same === undefined
      ? { version: generation.version, chain: generation.chain }
      : undefined
  const chain = same?.chain ?? FIRST_CHAIN
  if (same !== undefined && !coversCut(cut, same.cut)) throw behind(view, same.cut, cut)
  const run = runId(input, view)
  if (input.kind === 'full' || same === undefined) {
    const from = Object.fromEntries(Object.keys(cut).map(partition => [partition, 0]))
    const isEmpty = sameCut(cut, {})
    return { view, chain, cut, kept: [], added: isEmpty ? undefined : { run, from }, replaces }
  }
  if (sameCut(cut, same.cut)) return { view, chain, cut, kept: same.runs, added: undefined, replaces }
  const { kept, from } = absorb(archived, same, cut, view.stream)
  return { view, chain, cut, kept, added: { run, from }, replaces }
}

/**
 * Where the new run begins. It takes in those before it that are no larger than itself, so that of n extensions only
 * about log n runs remain to be read, at the price of folding each record about log n times.
 */
function absorb(
  archived: ArchivedStream,
  generation: ViewGeneration,
  cut: Cut,
  { framing }: StreamDefinition,
): { readonly kept: readonly RunReference[]; readonly from: Cut } {
  const kept = [...generation.runs]
  let from = generation.cut
  const between = (start: Cut, end: Cut) =>
    partsBetween(archived, start, end).reduce((sum, part) => sum + recordsAtMost(part), 0)
  // A tally counts events, of which a record may hold several.
  const sizeOf = (run: RunReference) =>
    framing === undefined ? recordsOf(run.tally) : between(run.from, from)
  let records = between(from, cut)
  for (let last = kept.at(-1); last !== undefined && sizeOf(last) <= records; last = kept.at(-1)) {
    records += sizeOf(last)
    kept.pop()
    from = last.from
  }
  return { kept, from }
}

function behind(view: BoundView, published: Cut, archived: Cut): TwofoldError {
  return new TwofoldError(
    'ARCHIVE_BEHIND',
    `View ${view.name} is published up to the cut ${JSON.stringify(published)}, but the archive allows no more than ${JSON.stringify(archived)}.`,
    { details: { view: view.name, published, archived } },
  )
}

function planFolds(input: PlanInput, views: readonly ViewPlan[]): FoldPlan[] {
  const groups = new Map<string, ViewPlan[]>()
  for (const plan of views) {
    if (plan.added === undefined) continue
    const key = JSON.stringify([plan.view.stream, plan.added.from, plan.cut])
    groups.set(key, [...(groups.get(key) ?? []), plan])
  }
  return [...groups.values()].map(group => {
    const [first] = group as [ViewPlan]
    const { stream } = first.view
    const from = first.added!.from
    const archived: ArchivedStream = input.archived.get(stream.topic) ?? new Map()
    const parts = partsBetween(archived, from, first.cut)
    const decoder = input.decoders.get(stream.topic)
    // Duplicates are told while records are decoded, by the same code for both layers; and of records that hold several
    // events the archive has no typed columns.
    const { deduplication, framing } = stream
    const hasTyped = input.kind === 'extend' && deduplication === undefined && framing === undefined
    const isTyped = hasTyped && parts.every(part => part.segment.decoder === decoder)
    return {
      stream,
      from,
      to: first.cut,
      source: isTyped ? 'typed' : 'raw',
      chunks: chunksOf(parts, input.chunkRecords),
      ...(deduplication !== undefined && { leadIn: leadInOf(archived, from, deduplication.within) }),
      views: group.map(({ view, added }) => ({ view, run: added!.run })),
    }
  })
}

function leadInOf(archived: ArchivedStream, from: Cut, within: number): SegmentPart[] {
  const before = Object.entries(from).map(([partition, offset]) => [partition, Math.max(0, offset - within)])
  return partsBetween(archived, Object.fromEntries(before), from)
}

/** The parts of segments that hold the offsets of a cut interval. */
export function partsBetween(archived: ArchivedStream, from: Cut, to: Cut): SegmentPart[] {
  return [...archived].flatMap(([partition, chain]) =>
    chain.segments
      .map(segment => ({
        segment,
        start: Math.max(segment.start, cutOf(from, partition)),
        end: Math.min(segment.end, cutOf(to, partition)),
      }))
      .filter(part => part.start < part.end),
  )
}

function chunksOf(parts: readonly SegmentPart[], chunkRecords: number): Chunk[] {
  const chunks: SegmentPart[][] = [[]]
  let records = 0
  for (const part of parts) {
    if (records > 0 && records + recordsAtMost(part) > chunkRecords) {
      chunks.push([])
      records = 0
    }
    chunks.at(-1)!.push(part)
    records += recordsAtMost(part)
  }
  return chunks.filter(chunk => chunk.length > 0)
}

/** The offsets of parts that were declared lost. */
export function lostOf(parts: readonly SegmentPart[]): OffsetRange[] {
  return parts
    .filter(({ segment }) => segment.lost !== undefined)
    .map(({ segment: { partition }, start, end }) => ({ partition, start, end }))
}

/** Each offset holds one record or none. */
function recordsAtMost({ segment, start, end }: SegmentPart): number {
  return Math.min(segment.records, end - start)
}
