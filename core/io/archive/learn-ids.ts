import type { Decoder } from '../../decode/decoder.ts'
import type { Duplicates } from '../../decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../decode/event-batch.ts'
import { widthOf } from '../../model/column-batch.ts'
import type { ColumnType } from '../../model/column-type.ts'
import type { Segment } from '../../model/segment.ts'
import type { StreamDefinition } from '../../model/stream.ts'
import { duckdbName, duckdbString } from '../../sql/text.ts'
import { decoderId } from '../decoder-id.ts'
import type { DuckDBSession } from '../duckdb/session.ts'
import { readSegmentValues } from './read-segment.ts'
import { segmentPath } from './segment-chain.ts'

/** Who learns ids, and how they are read. */
export interface IdReading {
  readonly session: DuckDBSession
  readonly archive: string
  readonly stream: StreamDefinition
  readonly decoder: Decoder
  readonly duplicates: Duplicates
}

/** Offsets read at a time: where each has a record, those of a row group. */
const PAGE_OFFSETS = 65_536
/** What a text holds, about: twice its size must be a string that JavaScript can hold. */
const TEXT_BYTES = 16 * 2 ** 20
/** Offset and length. */
const HEAD_BYTES = 8

/**
 * Makes the ids of a segment's offsets `[start, end)` known: from the typed column that the archiver made, where it had
 * this very decoder, and decoded anew where it had another.
 */
export async function learnIds(
  reading: IdReading,
  segment: Segment,
  start: number,
  end: number,
): Promise<void> {
  const isTyped = segment.decoder === decoderId(reading.stream)
  for (let from = start; from < end; from += PAGE_OFFSETS) {
    const to = Math.min(end, from + PAGE_OFFSETS)
    if (segment.lost !== undefined)
      reading.duplicates.pass({ partition: segment.partition, start: from, end: to })
    else if (isTyped) await learnTyped(reading, segment, from, to)
    else await learnRaw(reading, segment, from, to)
  }
}

/**
 * The ids come over in a few large texts, each of them ahead of it with its offset and its length: without an object for
 * each, which would take twice the time. Hexadecimal, for not all bytes are text.
 */
async function learnTyped(
  { session, archive, stream, duplicates }: IdReading,
  segment: Segment,
  start: number,
  end: number,
): Promise<void> {
  const { column } = duplicates.deduplication
  const { type } = stream.columns.find(({ name }) => name === column)!
  const { blob, arrange } = bytesOf(type, duckdbName(column))
  const ids = `(SELECT __offset, ${blob} AS __id FROM read_parquet(${duckdbString(segmentPath(archive, segment))})
    WHERE __offset >= ${start} AND __offset < ${end} AND ${duckdbName(column)} IS NOT NULL)`
  const [size] = await session.rows<{ most: bigint | null }>(
    `SELECT max(octet_length(__id)) AS most FROM ${ids}`,
  )
  const textOffsets = Math.max(1, Math.floor(TEXT_BYTES / (HEAD_BYTES + Number(size!.most ?? 0))))
  const texts = await session.rows<{ hex: string }>(
    `SELECT string_agg(printf('%08x%08x', __offset - ${start}, octet_length(__id)) || hex(__id), '' ORDER BY __offset) AS hex
     FROM ${ids} GROUP BY (__offset - ${start}) // ${textOffsets} ORDER BY min(__offset)`,
  )
  const { partition } = segment
  duplicates.pass({ partition, start, end })
  for (const { hex } of texts) {
    const bytes = Buffer.from(hex, 'hex')
    for (let at = 0; at < bytes.length; ) {
      const offset = start + bytes.readUInt32BE(at)
      const from = at + HEAD_BYTES
      at = from + bytes.readUInt32BE(at + 4)
      arrange(bytes, from, at)
      duplicates.note(partition, offset, bytes, from, at)
    }
  }
}

async function learnRaw(
  { session, archive, decoder, duplicates }: IdReading,
  segment: Segment,
  start: number,
  end: number,
): Promise<void> {
  const page = await readSegmentValues(session, archive, segment, start, end)
  decodeEvents(segment.topicId, [page], decoder, duplicates)
}

/** The bytes of a typed id, as they stand in a decoded column: text as it is, numbers with their lowest byte first. */
interface IdBytes {
  /** A BLOB, numbers with their highest byte first. */
  readonly blob: string
  /** Puts `bytes[start … end)` of such a BLOB in order, in place. */
  readonly arrange: (bytes: Uint8Array, start: number, end: number) => void
}

function bytesOf(type: ColumnType, column: string): IdBytes {
  if (type.kind === 'uuid')
    return { blob: `unhex(replace(CAST(${column} AS VARCHAR), '-', ''))`, arrange: arrangeUuid }
  const digits = 2 * widthOf(type)
  if (digits === 0) return { blob: `encode(${column})`, arrange: () => undefined }
  return {
    blob: `unhex(right(lpad(hex(${column}), 16, '0'), ${digits}))`,
    arrange: (bytes, start, end) => bytes.subarray(start, end).reverse(),
  }
}

/** DuckDB keeps the top bit flipped. */
function arrangeUuid(bytes: Uint8Array, start: number, end: number): void {
  bytes[start]! ^= 0x80
  bytes.subarray(start, end).reverse()
}
