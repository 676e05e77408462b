import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Decoder } from '../../core/decode/decoder.ts'
import { decodeEvents, type EventBatch, weighFrames } from '../../core/decode/event-batch.ts'
import { rawColumns } from '../../core/decode/raw-columns.ts'
import { descriptorName, descriptorText, parseDescriptor } from '../../core/io/archive/descriptor.ts'
import { partitionFolder } from '../../core/io/archive/segment-chain.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import type { FixedValues } from '../../core/model/column-batch.ts'
import { DigestSum } from '../../core/model/digest.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { RecordBatch } from '../../core/model/record.ts'
import type { Segment } from '../../core/model/segment.ts'
import { duckdbString } from '../../core/sql/text.ts'

export interface SegmentWriter {
  readonly archive: string
  readonly topic: string
  readonly topicId: string
  readonly decoder: Decoder
  /** Names schema and decoder: `decoderId`. */
  readonly decoderId: string
  readonly session: DuckDBSession
  readonly files: Files
}

/** Row groups of this size let a reader skip most of a file for a range of offsets. */
const ROW_GROUP_ROWS = 65_536

/**
 * Archives one range of one partition as a segment: a Parquet file under a name that nobody else uses, synced and
 * read back, and then its descriptor, linked to the name that its start offset gives it. Until that link there is no
 * segment; with it there is a whole one. The partition must have been opened (`openPartition`).
 *
 * @returns the segment, or `undefined` where another archiver has linked one from this start: adopt that one
 * @throws SEGMENT_UNREADABLE where what was written does not read back as it was meant
 */
export async function writeSegment(
  writer: SegmentWriter,
  range: RecordBatch,
  placement: Placement = BY_ARCHIVER,
): Promise<Segment | undefined> {
  const { files } = writer
  const folder = partitionFolder(writer.archive, writer.topic, range.partition)
  const file = `${String(range.start).padStart(20, '0')}${placement.mark}${randomUUID()}.parquet`
  const path = join(folder, file)
  const staging = join(folder, `${file}.staging`)
  let isOurs = false
  try {
    const counted = await writeParquet(writer, range, path)
    crashPoint('archiver: file written')
    await files.sync(path)
    const segment: Segment = {
      format: 1,
      topic: writer.topic,
      topicId: writer.topicId,
      partition: range.partition,
      start: range.start,
      end: range.end,
      file,
      sizeBytes: (await files.describe(path)).sizeBytes,
      sha256: await files.sha256(path),
      ...counted,
      decoder: writer.decoderId,
      ...(range.isLost && { lost: range.end - range.start }),
    }
    await files.writeSynced(staging, descriptorText(segment))
    crashPoint('archiver: staged')
    // The data file's name must be durable before the descriptor that names it can be found.
    await files.syncDirectory(folder)
    crashPoint('archiver: before link')
    // From here on it is not for us to remove the file, unless we know for certain that it was not linked.
    isOurs = true
    isOurs = await placement.place(files, staging, join(folder, descriptorName(range.start)), file)
    if (!isOurs) return undefined
    crashPoint('archiver: linked')
    await files.syncDirectory(folder)
    crashPoint('archiver: directory synced')
    return segment
  } catch (error) {
    if (await isSwept(files, error, path, join(folder, descriptorName(range.start)))) return undefined
    throw error
  } finally {
    await files.remove(staging).catch(() => undefined)
    if (!isOurs) await files.remove(path).catch(() => undefined)
  }
}

/**
 * Another archiver has linked a segment from this start, and swept what we were about to link. Whoever met the missing
 * file says so in its own way, so it is the files that are asked.
 */
async function isSwept(files: Files, error: unknown, path: string, name: string): Promise<boolean> {
  const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' || !(await exists(files, path))
  return isMissing && (await exists(files, name))
}

function exists(files: Files, path: string): Promise<boolean> {
  return files.describe(path).then(
    () => true,
    () => false,
  )
}

/** How a segment comes into the archive: behind all others, or, by a repair, among them. */
export interface Placement {
  /** Follows the start offset in the names of its files. An archiver sweeps its own kind alone. */
  readonly mark: '-' | '.repair-'
  /** Gives the descriptor `staging` of a data file its final name; false where another segment has that name. */
  place(files: Files, staging: string, name: string, file: string): Promise<boolean>
}

const BY_ARCHIVER: Placement = { mark: '-', place: linkDescriptor }

/** Links the descriptor; a network file system may carry it out and answer that the name is taken: by us, then. */
export async function linkDescriptor(
  files: Files,
  staging: string,
  name: string,
  file: string,
): Promise<boolean> {
  if (await files.link(staging, name)) return true
  return parseDescriptor(await files.readText(name), name).file === file
}

async function writeParquet(
  writer: SegmentWriter,
  range: RecordBatch,
  path: string,
): Promise<Pick<Segment, 'records' | 'accepted' | 'quarantined' | 'digest'>> {
  const { session } = writer
  const { topicId, decoder } = writer
  const events =
    decoder.framing === undefined
      ? decodeEvents(topicId, [range], decoder)
      : weighFrames(topicId, range, decoder)
  const columns = [...events.columns.columns, ...rawColumns(events)]
  await session.load('archived', { rows: events.records.length, columns })
  await session.copyToParquetFile(
    `SELECT ${duckdbString(writer.topicId)} AS __topic_id, * FROM archived`,
    path,
    {
      compression: 'zstd',
      rowGroupSize: ROW_GROUP_ROWS,
    },
  )
  const expected = events.records.length
  const quarantined = events.rejections.length
  const [found] = await session.rows<{
    records: bigint
    least: bigint | null
    greatest: bigint | null
    digest: bigint
  }>(
    `SELECT count(*) AS records, min(__offset) AS least, max(__offset) AS greatest,
       CAST(coalesce(sum(__hash), 0) % 18446744073709551616 AS UBIGINT) AS digest FROM read_parquet(${duckdbString(path)})`,
  )
  const within =
    found?.least == null || (Number(found.least) >= range.start && Number(found.greatest) < range.end)
  const digest = digestOf(events)
  if (found === undefined || Number(found.records) !== expected || !within || found.digest !== digest) {
    throw new TwofoldError(
      'SEGMENT_UNREADABLE',
      `The segment file ${path} was written with ${expected} records of offsets ${range.start} to ${range.end} and reads back with ${found?.records} of ${found?.least} to ${found?.greatest}, digest ${found?.digest} instead of ${digest}.`,
      { details: { path, expected, found: Number(found?.records) } },
    )
  }
  return { records: expected, accepted: expected - quarantined, quarantined, digest: digest.toString() }
}

function digestOf({ columns }: EventBatch): bigint {
  const sum = new DigestSum()
  sum.addAll(columns.columns.find(column => column.name === '__hash')!.values as FixedValues)
  return sum.value()
}
