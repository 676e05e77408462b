import { basename, dirname } from 'node:path'
import { compileDecoder } from '../../core/decode/compile.ts'
import type { MissingRange } from '../../core/io/archive/inspect-partition.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { DigestSum, hashRecords, RecordHasher } from '../../core/model/digest.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { RecordBatch } from '../../core/model/record.ts'
import type { Segment } from '../../core/model/segment.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { RangeBuffer } from '../archive/range-buffer.ts'
import { linkDescriptor, type Placement, type SegmentWriter, writeSegment } from '../archive/write-segment.ts'
import { readKafkaRange } from '../kafka-range.ts'
import { keepCopy } from './set-aside.ts'

export interface RestoreContext {
  readonly context: LayerContext
  readonly session: DuckDBSession
  readonly files: Files
}

/**
 * Reads a range that the archive lacks from Kafka again and archives it: a damaged segment as one segment, a gap in
 * as many as the archiver would make. A descriptor of `faulty` that stands in the way is kept aside, and replaced in
 * one step: at each moment the archive holds the old one or the new one. Where an archiver has come first, it ends.
 *
 * @throws REPAIR_DIFFERS where Kafka tells other records than the descriptor of a damaged segment; nothing is changed
 */
export async function restoreRange(
  { context, session, files }: RestoreContext,
  stream: StreamDefinition,
  origin: PartitionOrigin,
  range: MissingRange,
  faulty: ReadonlySet<string>,
): Promise<void> {
  const archive = archiveFolder(context)
  const writer: SegmentWriter = {
    archive,
    topic: origin.topic,
    topicId: origin.topicId,
    decoder: compileDecoder(stream),
    decoderId: decoderId(stream),
    session,
    files,
  }
  const folder = partitionFolder(archive, origin.topic, origin.partition)
  // The whole folder may be what is lost; its own name, too, must outlive a power cut.
  await files.makeDirectory(folder)
  for (const path of [dirname(folder), archive]) await files.syncDirectory(path)
  const placement: Placement = { mark: '.repair-', place: replacing(folder, faulty) }
  for await (const batch of inSegments(context, origin, range)) {
    if (range.known !== undefined) assertSame(origin, range.known, batch)
    if ((await writeSegment(writer, batch, placement)) === undefined) return
    crashPoint('repair: segment restored')
  }
}

/** The records of the range from Kafka, each batch what is to become one segment. */
async function* inSegments(
  { driver, options }: LayerContext,
  origin: PartitionOrigin,
  range: MissingRange,
): AsyncGenerator<RecordBatch> {
  const { start, end, known } = range
  if (known?.lost !== undefined) {
    yield { partition: origin.partition, start, end, records: [], isLost: true }
    return
  }
  const { archiveSegmentRecords: maxRecords, archiveSegmentBytes: maxBytes } = options
  const waiting = new RangeBuffer(origin.partition, range.start)
  for await (const batch of readKafkaRange(driver, origin, range.start, range.end)) {
    waiting.add(batch, 0)
    const isFull = waiting.recordCount >= maxRecords || waiting.sizeBytes >= maxBytes
    if (waiting.end < range.end && !(isFull && range.known === undefined)) continue
    yield waiting.peek()
    waiting.reset(batch.end)
  }
}

function replacing(folder: string, faulty: ReadonlySet<string>): Placement['place'] {
  return async (files, staging, name, file) => {
    if (!faulty.has(basename(name))) return linkDescriptor(files, staging, name, file)
    await keepCopy(files, folder, basename(name))
    crashPoint('repair: before replacement')
    await files.replace(staging, name)
    return true
  }
}

/** History is never changed silently: Kafka must tell the records that were archived. */
function assertSame(origin: PartitionOrigin, known: Segment, batch: RecordBatch): void {
  const sum = new DigestSum()
  sum.addAll(hashRecords(new RecordHasher(origin.topicId), batch.partition, batch.records))
  const digest = sum.value().toString()
  const records = batch.records.length
  if (records === known.records && digest === known.digest) return
  const { topic, partition, start, end } = known
  throw new TwofoldError(
    'REPAIR_DIFFERS',
    `Of topic ${topic}, partition ${partition}, offsets ${start} to ${end}, ${known.records} records with the digest ${known.digest} were archived; Kafka now tells ${records} with the digest ${digest}. The archive was left as it is.`,
    {
      details: {
        topic,
        partition,
        start,
        end,
        archived: { records: known.records, digest: known.digest },
        kafka: { records, digest },
      },
    },
  )
}
