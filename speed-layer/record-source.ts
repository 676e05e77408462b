import type { ArchivedOffsets } from '../core/io/archive/learn-ids.ts'
import { readSegmentRecords } from '../core/io/archive/read-segment.ts'
import { type SegmentChain, segmentPath, walkChain } from '../core/io/archive/segment-chain.ts'
import { verifySegment } from '../core/io/archive/verify-segment.ts'
import type { DuckDBSession } from '../core/io/duckdb/session.ts'
import type { Files } from '../core/io/files.ts'
import type { FetchLimits, TopicReader } from '../core/io/kafka/driver.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { OffsetRange } from '../core/model/offsets.ts'
import type { PartitionOrigin } from '../core/model/partition.ts'
import type { RecordBatch } from '../core/model/record.ts'
import type { Segment } from '../core/model/segment.ts'

/** Records read from the archive at a time. */
const ARCHIVE_RECORDS = 20_000
/** Lost offsets passed at a time: an insert has a marker for each of their blocks. */
const LOST_OFFSETS = 2 ** 24

/**
 * Where a lane reads on: Kafka, and the archive for what Kafka has deleted, also where that was declared lost. So a
 * chain that starts late, or is repaired, never depends on Kafka's retention.
 */
export class RecordSource {
  readonly #reader: TopicReader
  readonly #session: DuckDBSession
  readonly #files: Files
  readonly #archive: string
  readonly #origins: ReadonlyMap<number, PartitionOrigin>
  /** What has been walked of the archive: a walk reads on from there. */
  readonly #chains = new Map<number, SegmentChain>()
  /** Segments whose checksum was right once; they never change. */
  readonly #verified = new Set<string>()

  constructor(
    reader: TopicReader,
    session: DuckDBSession,
    files: Files,
    archive: string,
    origins: ReadonlyMap<number, PartitionOrigin>,
  ) {
    this.#reader = reader
    this.#session = session
    this.#files = files
    this.#archive = archive
    this.#origins = origins
  }

  /** Reads on from `positions`. @throws OFFSET_OUT_OF_RANGE where neither Kafka nor the archive has a position */
  async fetch(positions: ReadonlyMap<number, number>, limits: FetchLimits): Promise<RecordBatch[]> {
    try {
      return await this.#reader.fetch(positions, limits)
    } catch (error) {
      if (!(error instanceof TwofoldError) || error.code !== 'OFFSET_OUT_OF_RANGE') throw error
      const { partition, position, earliest } = error.details as Record<string, number | undefined>
      const isDeleted = position !== undefined && earliest !== undefined && position < earliest
      const batch = isDeleted ? await this.#fromArchive(partition!, position) : undefined
      if (batch === undefined) throw error
      return [batch]
    }
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }

  /** What the archive has of `[start, end)`, up to its end or the first segment that is damaged. @throws ARCHIVE_GAP, … */
  async archivedParts({ partition, start, end }: OffsetRange): Promise<ArchivedOffsets[]> {
    const parts: ArchivedOffsets[] = []
    for (const segment of await this.#segmentsOf(partition)) {
      if (segment.end <= start || segment.start >= end) continue
      if (!(await this.#isWhole(segment))) break
      parts.push({ segment, start: Math.max(start, segment.start), end: Math.min(end, segment.end) })
    }
    return parts
  }

  async #isWhole(segment: Segment): Promise<boolean> {
    return this.#verify(segment).then(
      () => true,
      () => false,
    )
  }

  async #segmentsOf(partition: number): Promise<readonly Segment[]> {
    const origin = this.#origins.get(partition)
    if (origin === undefined) return []
    const chain = await walkChain(this.#files, this.#archive, origin, this.#chains.get(partition))
    this.#chains.set(partition, chain)
    return chain.segments
  }

  async #verify(segment: Segment): Promise<void> {
    const path = segmentPath(this.#archive, segment)
    if (this.#verified.has(path)) return
    await verifySegment(this.#files, this.#archive, segment)
    this.#verified.add(path)
  }

  async #fromArchive(partition: number, position: number): Promise<RecordBatch | undefined> {
    const segments = await this.#segmentsOf(partition)
    const segment = segments.find(candidate => candidate.start <= position && position < candidate.end)
    if (segment === undefined) return undefined
    await this.#verify(segment)
    if (segment.lost !== undefined) {
      const end = Math.min(segment.end, position + LOST_OFFSETS)
      return { partition, start: position, end, records: [], isLost: true }
    }
    return readSegmentRecords(this.#session, this.#archive, segment, position, ARCHIVE_RECORDS)
  }
}
