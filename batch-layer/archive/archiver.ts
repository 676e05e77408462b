import type { Decoder } from '../../core/decode/decoder.ts'
import { partitionFolder, type SegmentChain } from '../../core/io/archive/segment-chain.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import type { KafkaDriver, TopicReader } from '../../core/io/kafka/driver.ts'
import { resolveTopic, type TopicSource } from '../../core/io/topic-source.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { openPartition } from './open-partition.ts'
import { RangeBuffer } from './range-buffer.ts'
import { sweepStaging } from './sweep.ts'
import { type SegmentWriter, writeSegment } from './write-segment.ts'

export interface ArchiverOptions {
  readonly stream: StreamDefinition
  readonly driver: KafkaDriver
  readonly clickhouse: ClickHouse
  readonly session: DuckDBSession
  readonly files: Files
  readonly archive: string
  readonly decoder: Decoder
  readonly decoderId: string
  /** A segment is written when a partition has this many records, or the oldest has waited this long. */
  readonly segmentRecords: number
  readonly segmentBytes: number
  readonly flushMs: number
  /** How often to look for new partitions. */
  readonly refreshMs: number
}

/** What may wait of all partitions together. */
const WAITING_BYTES = 256 * 2 ** 20

/**
 * Archives one stream: reads every partition from the end of its segment chain, which is the archiver's only
 * position, and writes what it read as segments. It knows nothing of the speed layer.
 */
export class Archiver {
  readonly #options: ArchiverOptions
  readonly #chains = new Map<number, SegmentChain>()
  readonly #buffers = new Map<number, RangeBuffer>()
  /** Partitions in whose folders another archiver may have left files at the end of the chain. */
  readonly #unswept = new Set<number>()
  /** By partition, the offset up to which somebody wants the records now. */
  #wanted: ReadonlyMap<number, number> = new Map()
  #source: TopicSource | undefined
  #reader: TopicReader | undefined
  #refreshedMs = 0
  #isReading = false

  constructor(options: ArchiverOptions) {
    this.#options = options
  }

  /** True while it runs and Kafka answers what it asks for. */
  get isReading(): boolean {
    return this.#isReading
  }

  /** Writes what waits as soon as it reaches these offsets, and does not wait for more. */
  wants(ends: ReadonlyMap<number, number>): void {
    this.#wanted = ends
  }

  /** The archived end of each partition. */
  get ends(): ReadonlyMap<number, number> {
    return new Map([...this.#chains].map(([partition, chain]) => [partition, chain.end]))
  }

  /** Of each partition, how many of the archived offsets were declared lost. */
  get lost(): ReadonlyMap<number, number> {
    return new Map(
      [...this.#chains].map(([partition, { segments }]) => [
        partition,
        segments.reduce((sum, { lost = 0 }) => sum + lost, 0),
      ]),
    )
  }

  /**
   * Runs until `signal` aborts; what waits is then still archived.
   * @throws RETENTION_PASSED where Kafka no longer holds what comes next, TOPIC_RECREATED, ARCHIVE_GAP, SEGMENT_FOREIGN
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#refresh(signal)
      while (!signal.aborted) {
        await this.#readOnce()
        await this.#flush(buffer => this.#isDue(buffer))
        await this.#makeRoom()
        if (performance.now() - this.#refreshedMs > this.#options.refreshMs) await this.#refresh(signal)
      }
      await this.#flush(buffer => buffer.end > buffer.start)
    } catch (error) {
      const isStopped = signal.aborted && (error as Error).name === 'AbortError'
      // What waits may never be read again.
      if (isStopped || isGone(error)) await this.#flush(buffer => buffer.end > buffer.start)
      if (!isStopped) throw error
    } finally {
      this.#isReading = false
      await this.#reader?.close()
      this.#reader = undefined
    }
  }

  /** Looks for new partitions, and opens the reader the first time. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const { driver, clickhouse, stream, files, archive } = this.#options
    this.#refreshedMs = performance.now()
    // A topic that is gone is the reader's to tell; nobody waits for it while there is something to save.
    if (this.#source !== undefined && (await driver.describeTopic(stream.topic)) === undefined) return
    this.#source = await resolveTopic(driver, clickhouse, stream.topic, signal)
    this.#reader ??= await driver.openReader(stream.topic, this.#source.topicId)
    for (const origin of this.#source.origins.values()) {
      if (this.#chains.has(origin.partition)) continue
      const chain = await openPartition(files, archive, origin)
      this.#chains.set(origin.partition, chain)
      this.#buffers.set(origin.partition, new RangeBuffer(origin.partition, chain.end))
      await this.#sweep(origin.partition)
    }
  }

  async #sweep(partition: number): Promise<void> {
    const { files, archive, stream } = this.#options
    const folder = partitionFolder(archive, stream.topic, partition)
    if (await sweepStaging(files, folder, this.#chains.get(partition)!)) this.#unswept.add(partition)
    else this.#unswept.delete(partition)
  }

  async #readOnce(): Promise<void> {
    const positions = new Map([...this.#buffers.values()].map(buffer => [buffer.partition, buffer.end]))
    const limits = { maxWaitMs: 250, maxBytes: 16 * 2 ** 20, maxPartitionBytes: 4 * 2 ** 20 }
    const batches = await this.#reader!.fetch(positions, limits).catch(async error => {
      await this.#passRetention(error)
      return []
    })
    this.#isReading = true
    for (const batch of batches) this.#buffers.get(batch.partition)!.add(batch, performance.now())
  }

  #isDue(buffer: RangeBuffer): boolean {
    const { segmentRecords, segmentBytes, flushMs } = this.#options
    if (buffer.end === buffer.start) return false
    const wanted = this.#wanted.get(buffer.partition) ?? 0
    if (buffer.start < wanted && wanted <= buffer.end) return true
    const waitedMs = performance.now() - (buffer.sinceMs ?? Number.POSITIVE_INFINITY)
    return buffer.recordCount >= segmentRecords || buffer.sizeBytes >= segmentBytes || waitedMs >= flushMs
  }

  /** Where many partitions wait, the largest is written before its time. */
  async #makeRoom(): Promise<void> {
    const buffers = [...this.#buffers.values()].sort((a, b) => b.memoryBytes - a.memoryBytes)
    const waitingBytes = buffers.reduce((sum, buffer) => sum + buffer.memoryBytes, 0)
    if (waitingBytes > WAITING_BYTES) await this.#flush(buffer => buffer === buffers[0])
  }

  async #flush(isDue: (buffer: RangeBuffer) => boolean): Promise<void> {
    for (const buffer of this.#buffers.values()) {
      if (!isDue(buffer)) continue
      const segment = await writeSegment(this.#writer(), buffer.peek())
      if (segment === undefined) await this.#adopt(buffer)
      else {
        const { segments } = this.#chains.get(buffer.partition)!
        this.#goOnFrom(buffer, { segments: [...segments, segment], end: segment.end })
      }
      if (this.#unswept.has(buffer.partition)) await this.#sweep(buffer.partition)
    }
  }

  /** Another archiver has been here: go on where its segments end. */
  async #adopt(buffer: RangeBuffer): Promise<void> {
    const { files, archive } = this.#options
    const { partition } = buffer
    const origin = this.#source!.origins.get(partition)!
    this.#goOnFrom(buffer, await openPartition(files, archive, origin, this.#chains.get(partition)))
  }

  #goOnFrom(buffer: RangeBuffer, chain: SegmentChain): void {
    this.#chains.set(buffer.partition, chain)
    buffer.reset(chain.end)
  }

  /**
   * Kafka no longer holds what comes next. What waits is saved first, for it cannot be read again; and if another
   * archiver has come further, nothing is lost.
   * @throws RETENTION_PASSED where offsets are gone that nobody archived
   */
  async #passRetention(error: unknown): Promise<void> {
    if (!(error instanceof TwofoldError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error
    const position = Number(error.details['position'])
    const buffer = this.#buffers.get(Number(error.details['partition']))!
    if (buffer.end > buffer.start) await this.#flush(candidate => candidate === buffer)
    await this.#adopt(buffer)
    if (buffer.end <= position) throw retentionPassed(error)
  }

  #writer(): SegmentWriter {
    const { archive, stream, decoder, decoderId, session, files } = this.#options
    return {
      archive,
      topic: stream.topic,
      topicId: this.#source!.topicId,
      decoder,
      decoderId,
      session,
      files,
    }
  }
}

/** True for an error that tells of records which Kafka does not have any more. */
function isGone(error: unknown): boolean {
  return error instanceof TwofoldError && ['TOPIC_RECREATED', 'RETENTION_PASSED'].includes(error.code)
}

function retentionPassed(error: TwofoldError): TwofoldError {
  const { topic, partition, position, earliest } = error.details
  return new TwofoldError(
    'RETENTION_PASSED',
    `The archiver of ${topic}, partition ${partition}, is at offset ${position}, but Kafka now begins at ${earliest}: what lies between was deleted before it was archived.`,
    { details: error.details, cause: error },
  )
}
