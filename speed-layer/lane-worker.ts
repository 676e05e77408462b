import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Decoder } from '../core/decode/decoder.ts'
import type { Duplicates } from '../core/decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../core/decode/event-batch.ts'
import { UnitWatch } from '../core/decode/unit-watch.ts'
import type { ClickHouse } from '../core/io/clickhouse/client.ts'
import { decoderId } from '../core/io/decoder-id.ts'
import type { DuckDBSession } from '../core/io/duckdb/session.ts'
import type { Files } from '../core/io/files.ts'
import type { KafkaDriver } from '../core/io/kafka/driver.ts'
import { crashPoint } from '../core/io/process/crash-point.ts'
import { resolveTopic, type TopicSource } from '../core/io/topic-source.ts'
import { type Cut, cutOf } from '../core/model/cut.ts'
import type { PartitionOrigin } from '../core/model/partition.ts'
import type { RecordBatch } from '../core/model/record.ts'
import type { StreamDefinition } from '../core/model/stream.ts'
import type { CompiledView } from '../core/sql/compiled-view.ts'
import { readPosition, walkLane, writeLink } from './chain-store.ts'
import { explainFailures } from './explain-failures.ts'
import { readKnownIds } from './known-ids.ts'
import { type FoldedView, foldView, loadEvents } from './micro-batch.ts'
import { keepQuarantined, type QuarantinedRecord, undecodable } from './quarantine.ts'
import { ReadAhead, type ReadEvents } from './read-ahead.ts'
import { RecordSource } from './record-source.ts'
import { advance, type ViewCursor } from './view-cursor.ts'

export interface LaneWorkerOptions {
  readonly stream: StreamDefinition
  readonly lane: number
  /** The views of the stream to keep, each with its chain. */
  readonly views: readonly ServedView[]
  readonly driver: KafkaDriver
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  readonly files: Files
  readonly archive: string
  readonly decoder: Decoder
  readonly limits: MicroBatchLimits
  /** Where chains begin that have nothing yet; by default where the partitions begin. */
  readonly from?: Cut
}

export interface ServedView {
  readonly compiled: CompiledView
  readonly chain: string
}

export interface MicroBatchLimits {
  /** Records that may wait for a micro-batch, about. */
  readonly maxRecords: number
  readonly maxBytes: number
  /** Between two inserts at least, and up to three times that while they take long: a lone event goes at once, a stream in groups. */
  readonly lingerMs: number
  /** How often to look for new partitions. */
  readonly refreshMs: number
}

/** How long the owner waits for records before it looks at other things. */
const IDLE_MS = 250
/** An insert costs ClickHouse about as much for one event as for thousands: no more than a third of the time goes to them. */
const INSERT_SHARE = 1 / 3
/** By how many times `lingerMs` a lane may rest for that. */
const LONGEST_LINGER = 3

/**
 * One lane of one stream: reads its partitions, folds micro-batches for every view, and writes them as the next
 * numbers of the views' chains. While one micro-batch is inserted the next is folded, and the one after it is read
 * and decoded.
 *
 * It remembers nothing that the chains do not tell: wherever it fails or meets another writer, it reads the positions
 * again and goes on from there.
 */
export class LaneWorker {
  readonly #options: LaneWorkerOptions
  readonly #decoderId: string
  readonly #writer = randomUUID()
  /** Where each view stands once all that was folded is inserted; what the next fold builds on. */
  #planned: ViewCursor[] = []
  /** Where each view stands for certain. */
  #confirmed: ViewCursor[] = []
  /** What the last insert took. */
  #insertMs = 0
  #readAhead: ReadAhead | undefined
  #recordCount = 0
  readonly #unitWatch: UnitWatch

  constructor(options: LaneWorkerOptions) {
    this.#options = options
    this.#unitWatch = new UnitWatch(options.stream)
    this.#decoderId = decoderId(options.stream)
  }

  /** Records that have been folded and inserted since the start. */
  get recordCount(): number {
    return this.#recordCount
  }

  /** What is likely to be wrong with the events read, though nothing fails. */
  get warning(): string | undefined {
    return this.#unitWatch.warning
  }

  /** True while it runs and what it reads answers. */
  get isReading(): boolean {
    return this.#readAhead?.hasRead === true
  }

  /** Of each partition, the offset below which all is in answers of every view; empty until the chains are read. */
  get positions(): ReadonlyMap<number, number> {
    return lowestEnds(this.#confirmed)
  }

  /**
   * Runs until `signal` aborts.
   * @throws CHAIN_BROKEN, OFFSET_OUT_OF_RANGE, TOPIC_RECREATED, … : nothing that was written is in doubt
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) await this.#runFromChains(signal)
    } catch (error) {
      if (!(signal.aborted && (error as Error).name === 'AbortError')) throw error
    }
  }

  /** Works from the positions that the chains tell, until another writer is met or the topic has grown. */
  async #runFromChains(signal: AbortSignal): Promise<void> {
    const { driver, clickhouse, stream, session, files, archive, decoder, limits, lane } = this.#options
    const source = await resolveTopic(driver, clickhouse, stream.topic, signal)
    const origins = new Map([...source.origins].filter(([partition]) => partition % stream.lanes === lane))
    if (origins.size === 0) {
      await sleep(limits.refreshMs, undefined, { signal })
      return
    }
    await this.#adoptChains()
    const reader = await driver.openReader(stream.topic, source.topicId)
    const records = new RecordSource(reader, session, files, archive, origins)
    const begins = beginsOf(origins, this.#options.from ?? {})
    const positions = startsOf(this.#confirmed, begins)
    try {
      const reading = { session, archive, stream, decoder }
      const duplicates = await readKnownIds(reading, records, origins, positions, signal)
      const decode = (batch: RecordBatch) => decodeEvents(source.topicId, [batch], decoder, duplicates)
      const readAhead = new ReadAhead(records, decode, positions, limits.maxRecords, limits.maxBytes)
      await this.#readOn(source, openingOf(begins, decoder, duplicates), readAhead, signal)
    } finally {
      await records.close()
    }
  }

  async #readOn(
    source: TopicSource,
    opening: ReadEvents,
    readAhead: ReadAhead,
    signal: AbortSignal,
  ): Promise<void> {
    this.#readAhead = readAhead
    try {
      await this.#work(source, opening, readAhead, signal)
    } finally {
      this.#readAhead = undefined
      await readAhead.stop()
    }
  }

  async #adoptChains(): Promise<void> {
    const { clickhouse, views, lane } = this.#options
    const cursors: ViewCursor[] = []
    for (const { compiled, chain } of views) {
      const key = { view: compiled.view.name, version: compiled.view.version, chain, lane }
      await walkLane(clickhouse, compiled, key)
      cursors.push({ compiled, key, position: await readPosition(clickhouse, compiled, key) })
    }
    this.#planned = cursors
    this.#confirmed = cursors
  }

  async #work(
    source: TopicSource,
    opening: ReadEvents,
    readAhead: ReadAhead,
    signal: AbortSignal,
  ): Promise<void> {
    const { session, limits } = this.#options
    const { refreshMs } = limits
    let refreshAtMs = performance.now() + refreshMs
    await loadEvents(session, opening.batches)
    let inserting = this.#startInsert(await this.#fold(source, opening), signal)
    try {
      while (!signal.aborted) {
        if (performance.now() > refreshAtMs) {
          if (await this.#hasGrown(source, signal)) return
          refreshAtMs = performance.now() + refreshMs
        }
        const read = await readAhead.take(IDLE_MS)
        if (read === undefined) {
          if ((await inserting) === 'theirs') return
          continue
        }
        crashPoint('speed: fetched')
        const nextInsertMs = performance.now() + this.#lingerMs()
        // Otherwise DuckDB, which reads the columns on this thread, would wait at each piece that is decoded.
        await readAhead.pausing(() => loadEvents(session, read.batches))
        const folded = await this.#fold(source, read)
        crashPoint('speed: folded')
        if ((await inserting) === 'theirs') return
        inserting = this.#startInsert(folded, signal)
        await readAhead.untilFull(nextInsertMs - performance.now())
      }
      await inserting
    } finally {
      await inserting.catch(() => undefined)
    }
  }

  /** The least time to the next insert: longer on servers that have much to do, which larger micro-batches relieve. */
  #lingerMs(): number {
    const { lingerMs } = this.#options.limits
    return Math.min(Math.max(lingerMs, this.#insertMs / INSERT_SHARE), lingerMs * LONGEST_LINGER)
  }

  /** Folds what was loaded for every view that does not have it yet, and plans their next numbers. */
  async #fold(source: TopicSource, read: ReadEvents): Promise<FoldedBatch> {
    const { session, stream } = this.#options
    for (const { columns, records } of read.batches) this.#unitWatch.see(columns, records)
    const quarantined = read.batches.flatMap(events => undecodable(events, this.#decoderId))
    const views: FoldedView[] = []
    for (const cursor of this.#planned) {
      const folded = await foldView(session, cursor, read.ranges)
      if (folded === undefined) continue
      views.push(folded)
      if (folded.failed.length > 0)
        quarantined.push(...(await explainFailures(session, stream, read.batches, folded)))
    }
    this.#planned = this.#planned.map(cursor => {
      const folded = views.find(view => view.cursor === cursor)
      return folded === undefined ? cursor : { ...cursor, position: advance(cursor.position, folded.ranges) }
    })
    const records = read.batches.reduce((count, events) => count + events.records.length, 0)
    return { topicId: source.topicId, views, quarantined, records }
  }

  /** Begins an insert that is awaited later: until then its failure must not count as one that nobody handles. */
  #startInsert(folded: FoldedBatch, signal: AbortSignal): Promise<'ours' | 'theirs'> {
    const startMs = performance.now()
    const inserting = this.#insert(folded, signal).finally(() => {
      this.#insertMs = performance.now() - startMs
    })
    inserting.catch(() => undefined)
    return inserting
  }

  /** Inserts a folded micro-batch: one insert for each view, each the next number of its chain. */
  async #insert(folded: FoldedBatch, signal: AbortSignal): Promise<'ours' | 'theirs'> {
    const { clickhouse, stream } = this.#options
    await keepQuarantined(clickhouse, stream.topic, folded.topicId, folded.quarantined)
    const outcomes = await Promise.all(
      folded.views.map(({ cursor, rows }) =>
        writeLink(
          clickhouse,
          cursor.compiled,
          cursor.key,
          cursor.position.seq + 1,
          this.#writer,
          rows,
          signal,
        ),
      ),
    )
    if (outcomes.includes('theirs')) return 'theirs'
    this.#confirmed = this.#confirmed.map(cursor => {
      const link = folded.views.find(({ cursor: { key } }) => key === cursor.key)
      return link === undefined ? cursor : { ...cursor, position: advance(link.cursor.position, link.ranges) }
    })
    this.#recordCount += folded.records
    return 'ours'
  }

  async #hasGrown(source: TopicSource, signal: AbortSignal): Promise<boolean> {
    const { driver, clickhouse, stream } = this.#options
    // A topic that is gone is the reader's to tell.
    if ((await driver.describeTopic(stream.topic)) === undefined) return false
    const now = await resolveTopic(driver, clickhouse, stream.topic, signal)
    return now.origins.size > source.origins.size
  }
}

/** A micro-batch, ready to be inserted. */
interface FoldedBatch {
  readonly topicId: string
  readonly views: readonly FoldedView[]
  readonly quarantined: readonly QuarantinedRecord[]
  readonly records: number
}

/** Where a chain begins in each partition that it has not met. */
function beginsOf(origins: ReadonlyMap<number, PartitionOrigin>, from: Cut): Map<number, number> {
  return new Map(
    [...origins].map(([partition, { begin }]) => [partition, Math.max(begin, cutOf(from, partition))]),
  )
}

/** The reading of nothing at the beginning of each partition: by it a chain learns where its partitions start. */
function openingOf(
  begins: ReadonlyMap<number, number>,
  decoder: Decoder,
  duplicates: Duplicates | undefined,
): ReadEvents {
  return {
    batches: [decodeEvents('', [], decoder, duplicates)],
    ranges: new Map([...begins].map(([partition, begin]) => [partition, { start: begin, end: begin }])),
  }
}

/** Views may have diverged in a crash: reading starts at the lowest, and each leaves out what it has. */
function startsOf(cursors: readonly ViewCursor[], begins: ReadonlyMap<number, number>): Map<number, number> {
  return new Map(
    [...begins].map(([partition, begin]) => [
      partition,
      Math.min(...cursors.map(cursor => cursor.position.ends.get(partition) ?? begin)),
    ]),
  )
}

function lowestEnds(cursors: readonly ViewCursor[]): Map<number, number> {
  const lowest = new Map<number, number>()
  for (const { position } of cursors) {
    for (const [partition, end] of position.ends)
      lowest.set(partition, Math.min(end, lowest.get(partition) ?? end))
  }
  return lowest
}
