import type { Decoder } from '../../decode/decoder.ts'
import type { Duplicates } from '../../decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../decode/event-batch.ts'
import { widthOf } from '../../model/column-batch.ts'
import type { FieldType } from '../../model/column-type.ts'
import type { Segment } from '../../model/segment.ts'
import { readsEnvelope, type StreamDefinition } from '../../model/stream.ts'
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

/** The offsets `[start, end)` of a segment. */
export interface ArchivedOffsets {
  readonly segment: Segment
  readonly start: number
  readonly end: number
}

/** Offsets read at a time: where each has a record, those of a row group. Of a slow stream they lie in many segments. */
const PAGE_OFFSETS = 65_536
/** What a text holds, about: twice its size must be a string that JavaScript can hold. */
const TEXT_BYTES = 16 * 2 ** 20
/** Offset and length. */
const HEAD_BYTES = 8

/**
 * Makes the ids of archived offsets known, `parts` of one partition that follow each other: from the typed column that
 * the archiver made, where it had this very decoder, and decoded anew where it had another.
 */
export async function learnIds(reading: IdReading, parts: readonly ArchivedOffsets[]): Promise<void> {
  const ours = decoderId(reading.stream)
  // Of records that hold several events the archive has no typed columns.
  const isTyped = ({ decoder, lost }: Segment) =>
    (decoder === ours && reading.stream.framing === undefined) || lost !== undefined
  for (const page of pagesOf(parts, isTyped)) {
    if (isTyped(page[0].segment)) await learnTyped(reading, page)
    else await learnRaw(reading, page[0])
  }
}

type Page = [ArchivedOffsets, ...ArchivedOffsets[]]

/** What is read at once: pieces that follow each other and whose ids are typed, or one that is to be decoded. */
function pagesOf(parts: readonly ArchivedOffsets[], isTyped: (segment: Segment) => boolean): Page[] {
  const pages: Page[] = []
  for (const piece of parts.flatMap(piecesOf)) {
    const page = pages.at(-1)
    const fits =
      page !== undefined &&
      isTyped(piece.segment) &&
      isTyped(page[0].segment) &&
      piece.end - page[0].start <= PAGE_OFFSETS
    if (fits) page.push(piece)
    else pages.push([piece])
  }
  return pages
}

function piecesOf({ segment, start, end }: ArchivedOffsets): ArchivedOffsets[] {
  const pieces: ArchivedOffsets[] = []
  for (let from = start; from < end; from += PAGE_OFFSETS)
    pieces.push({ segment, start: from, end: Math.min(end, from + PAGE_OFFSETS) })
  return pieces
}

/**
 * The ids come over in a few large texts, each of them ahead of it with its offset and its length: without an object for
 * each, which would take twice the time. Hexadecimal, for not all bytes are text.
 */
async function learnTyped({ session, archive, stream, duplicates }: IdReading, page: Page): Promise<void> {
  const {
    segment: { partition },
    start,
  } = page[0]
  const { end } = page.at(-1)!
  const files = page.filter(({ segment }) => segment.lost === undefined)
  const { column } = duplicates.deduplication
  const { type } = stream.columns.find(({ name }) => name === column)!
  const { blob, arrange } = bytesOf(type, duckdbName(column))
  const paths = files.map(({ segment }) => duckdbString(segmentPath(archive, segment)))
  const texts =
    paths.length === 0
      ? []
      : await session.rows<{ hex: string }>(
          `WITH ids AS MATERIALIZED (SELECT __offset, ${blob} AS __id FROM read_parquet([${paths.join(', ')}])
             WHERE __offset >= ${start} AND __offset < ${end} AND ${duckdbName(column)} IS NOT NULL),
           sizes AS (SELECT greatest(1, ${TEXT_BYTES} // (${HEAD_BYTES} + max(octet_length(__id)))) AS __text_offsets FROM ids)
           SELECT string_agg(printf('%08x%08x', __offset - ${start}, octet_length(__id)) || hex(__id), '' ORDER BY __offset) AS hex
           FROM ids, sizes GROUP BY (__offset - ${start}) // __text_offsets ORDER BY min(__offset)`,
        )
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
  { session, archive, stream, decoder, duplicates }: IdReading,
  { segment, start, end }: ArchivedOffsets,
): Promise<void> {
  const page = await readSegmentValues(session, archive, segment, start, end, readsEnvelope(stream))
  decodeEvents(segment.topicId, [page], decoder, duplicates)
}

/** The bytes of a typed id, as they stand in a decoded column: text as it is, numbers with their lowest byte first. */
interface IdBytes {
  /** A BLOB, numbers with their highest byte first. */
  readonly blob: string
  /** Puts `bytes[start … end)` of such a BLOB in order, in place. */
  readonly arrange: (bytes: Uint8Array, start: number, end: number) => void
}

function bytesOf(type: FieldType, column: string): IdBytes {
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
