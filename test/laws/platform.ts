import { openPartition } from '../../batch-layer/archive/open-partition.ts'
import { type SegmentWriter, writeSegment } from '../../batch-layer/archive/write-segment.ts'
import { collect } from '../../batch-layer/publish/collect.ts'
import { rollBack } from '../../batch-layer/publish/roll-back.ts'
import type { JobKind } from '../../batch-layer/recompute/plan.ts'
import { compileDecoder } from '../../core/decode/compile.ts'
import type { Decoder } from '../../core/decode/decoder.ts'
import { Duplicates } from '../../core/decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../core/decode/event-batch.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import { bindView } from '../../core/io/duckdb/bind-view.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import { type Files, nodeFiles } from '../../core/io/files.ts'
import { ensureOrigins } from '../../core/io/store/partition-store.ts'
import { prepareTables } from '../../core/io/store/prepare.ts'
import { FIRST_CHAIN, type Pointer } from '../../core/model/pointer.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'
import { type CompiledView, compileView } from '../../core/sql/compiled-view.ts'
import type { MarkerRange } from '../../core/sql/fold.ts'
import { batchTable, speedTable } from '../../core/sql/tables.ts'
import { readPosition, walkLane, writeLink } from '../../speed-layer/chain-store.ts'
import { foldView, loadEvents } from '../../speed-layer/micro-batch.ts'
import type { ViewCursor } from '../../speed-layer/view-cursor.ts'
import { type JobOutcome, runBatchJob } from './batch-job.ts'
import type { MemoryLog } from './memory-log.ts'
import { definitionOf, type TwinView } from './twin-view.ts'

/** Few enough that most runs have several chunks. */
const CHUNK_RECORDS = 8

/** What a platform of the laws is made of. The engines are real; the log is in memory. */
export interface PlatformParts {
  readonly log: MemoryLog
  readonly stream: StreamDefinition
  readonly views: readonly PlatformView[]
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  /** An empty folder. */
  readonly archive: string
  /** How many inserts back ClickHouse remembers tokens. */
  readonly deduplicationWindow?: number
  /** What archivers and batch jobs see of the disk. */
  readonly files?: Files
  /** The speed layer's decoder, where it is to be another than the archive's. */
  readonly speedDecoder?: Decoder
  readonly job?: typeof runBatchJob
}

export interface PlatformView {
  readonly twin: TwinView
  readonly bound: BoundView
  readonly compiled: CompiledView
}

/** Binds and compiles twins as a project's start does. */
export async function bindTwins(
  session: DuckDBSession,
  stream: StreamDefinition,
  twins: readonly TwinView[],
): Promise<PlatformView[]> {
  const views: PlatformView[] = []
  for (const twin of twins) {
    const bound = await bindView(session, stream, definitionOf(twin, stream))
    views.push({ twin, bound, compiled: compileView(bound) })
  }
  return views
}

/** A micro-batch of one view, folded and not yet inserted. */
export interface FoldedLink {
  readonly cursor: ViewCursor
  readonly ranges: readonly MarkerRange[]
  readonly rows: Uint8Array
}

/**
 * Both layers, driven step by step: what each worker does in a loop, a test does here by hand, in any order and with
 * any split.
 */
export class Platform {
  readonly parts: PlatformParts
  readonly #decoder: Decoder
  readonly #files: Files
  #jobs = 0

  static async open(parts: PlatformParts): Promise<Platform> {
    const { clickhouse, views, log } = parts
    await prepareTables(
      clickhouse,
      views.map(view => view.bound),
      parts.deduplicationWindow,
    )
    const driver = log.driver()
    await ensureOrigins(clickhouse, driver, (await driver.describeTopic(log.topic))!)
    return new Platform(parts)
  }

  private constructor(parts: PlatformParts) {
    this.parts = parts
    this.#decoder = compileDecoder(parts.stream)
    this.#files = parts.files ?? nodeFiles
  }

  get views(): readonly PlatformView[] {
    return this.parts.views
  }

  lanePartitions(lane: number): number[] {
    return this.parts.log.partitions.filter(partition => partition % this.parts.stream.lanes === lane)
  }

  /** Where a view's chain stands in a lane. */
  async cursor(view: PlatformView, lane: number): Promise<ViewCursor> {
    const { name, version } = view.bound
    const key = { view: name, version, chain: FIRST_CHAIN, lane }
    return {
      compiled: view.compiled,
      key,
      position: await readPosition(this.parts.clickhouse, view.compiled, key),
    }
  }

  /** Folds what lies between a cursor and `ends`; `undefined` where there is nothing new. */
  async fold(cursor: ViewCursor, ends: ReadonlyMap<number, number>): Promise<FoldedLink | undefined> {
    const { log, session, speedDecoder = this.#decoder } = this.parts
    const ranges = new Map(
      [...ends].map(([partition, end]) => {
        const start = cursor.position.ends.get(partition) ?? log.begin(partition)
        return [partition, { start, end: Math.max(start, end) }]
      }),
    )
    const batches = [...ranges].map(([partition, { start, end }]) => log.batch(partition, start, end))
    const duplicates = this.#duplicatesBefore(ranges, speedDecoder)
    await loadEvents(session, [decodeEvents(log.topicId, batches, speedDecoder, duplicates)])
    const folded = await foldView(session, cursor, ranges)
    return folded && { cursor, ranges: folded.ranges, rows: folded.rows }
  }

  /** What a worker must know of ids that reads on from the starts of `ranges`. */
  #duplicatesBefore(
    ranges: ReadonlyMap<number, { readonly start: number }>,
    decoder: Decoder,
  ): Duplicates | undefined {
    const { log, stream } = this.parts
    if (stream.deduplication === undefined) return undefined
    const duplicates = new Duplicates(stream.deduplication)
    for (const [partition, { start }] of ranges) {
      const from = Math.max(log.begin(partition), start - stream.deduplication.within)
      duplicates.begin(partition, from)
      decodeEvents(log.topicId, [log.batch(partition, from, start)], decoder, duplicates)
    }
    return duplicates
  }

  /** Writes a folded micro-batch as the next number of its chain. */
  async write({ cursor, rows }: FoldedLink, writer: string, clickhouse = this.parts.clickhouse) {
    const { signal } = new AbortController()
    return writeLink(clickhouse, cursor.compiled, cursor.key, cursor.position.seq + 1, writer, rows, signal)
  }

  /** One micro-batch of a view in a lane, up to `ends`. */
  async advance(view: PlatformView, lane: number, ends: ReadonlyMap<number, number>): Promise<void> {
    const folded = await this.fold(await this.cursor(view, lane), ends)
    if (folded !== undefined) await this.write(folded, 'only')
  }

  /** Brings every view to the end of the log. */
  async catchUp(): Promise<void> {
    const { log, stream } = this.parts
    for (const view of this.views) {
      for (let lane = 0; lane < stream.lanes; lane++) {
        const ends = new Map(this.lanePartitions(lane).map(partition => [partition, log.end(partition)]))
        await this.advance(view, lane, ends)
        const { key } = await this.cursor(view, lane)
        await walkLane(this.parts.clickhouse, view.compiled, key)
      }
    }
  }

  /** Archives one segment: from where the partition's chain of segments ends up to `end`. */
  async archiveTo(partition: number, end: number): Promise<void> {
    const { log } = this.parts
    const origin = { topic: log.topic, topicId: log.topicId, partition, begin: log.begin(partition) }
    const { end: start } = await openPartition(this.#files, this.parts.archive, origin)
    if (end > start) await this.archive(partition, start, end)
  }

  /** Archives a range as one segment, if no other has been archived from its start. */
  async archive(partition: number, start: number, end: number): Promise<void> {
    await writeSegment(this.#segmentWriter(), this.parts.log.batch(partition, start, end))
  }

  /** A batch job. `undefined` where there is nothing to publish. */
  async publish(kind: JobKind): Promise<JobOutcome | undefined> {
    const { job = runBatchJob } = this.parts
    return job(this.batchContext, kind, this.nextJobId())
  }

  /** No two jobs have the same. */
  nextJobId(): string {
    return `job${this.#jobs++}`
  }

  async rollBack(to?: number): Promise<Pointer> {
    return rollBack(this.parts.clickhouse, to, Date.now())
  }

  /** Announces a collection and carries it out, with no time between. */
  async collect(keep: number): Promise<void> {
    const policy = { keep, graceMs: 0, minRows: 0, configured: this.views.map(({ bound }) => bound) }
    await collect(this.parts.clickhouse, policy)
    await collect(this.parts.clickhouse, policy)
  }

  /** Makes ClickHouse merge all parts, as it does by itself some day. */
  async mergeParts(): Promise<void> {
    for (const { bound } of this.views) {
      for (const table of [speedTable(bound), batchTable(bound)])
        await this.parts.clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`)
    }
  }

  get batchContext() {
    const { clickhouse, session, archive, stream } = this.parts
    return {
      clickhouse,
      session,
      files: this.#files,
      archive,
      stream,
      views: this.views.map(view => view.bound),
      chunkRecords: CHUNK_RECORDS,
    }
  }

  #segmentWriter(): SegmentWriter {
    const { archive, stream, session, log } = this.parts
    return {
      archive,
      topic: stream.topic,
      topicId: log.topicId,
      decoder: this.#decoder,
      decoderId: decoderId(stream),
      session,
      files: this.#files,
    }
  }
}
