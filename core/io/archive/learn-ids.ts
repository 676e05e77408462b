import type { Decoder } from '../../decode/decoder.ts'
import type { Duplicates } from '../../decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../decode/event-batch.ts'
import type { ColumnType } from '../../model/column-type.ts'
import type { Segment } from '../../model/segment.ts'
import { readsEnvelope, type StreamDefinition } from '../../model/stream.ts'
import { duckdbName } from '../../sql/text.ts'
import { decoderId } from '../decoder-id.ts'
import type { DuckDBSession } from '../duckdb/session.ts'
import { readSegmentBytes, readSegmentValues } from './read-segment.ts'

/** Who learns ids, and how they are read. */
export interface IdReading {
  readonly session: DuckDBSession
  readonly archive: string
  readonly stream: StreamDefinition
  readonly decoder: Decoder
  readonly duplicates: Duplicates
}

/** Offsets read at a time. */
const PAGE_OFFSETS = 250_000

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

async function learnTyped(
  { session, archive, stream, duplicates }: IdReading,
  segment: Segment,
  start: number,
  end: number,
): Promise<void> {
  const { column } = duplicates.deduplication
  const { type } = stream.columns.find(({ name }) => name === column)!
  const { blob, arrange } = bytesOf(type, duckdbName(column))
  const ids = await readSegmentBytes(session, archive, segment, blob, start, end)
  const { partition } = segment
  duplicates.pass({ partition, start, end })
  for (const { offset, value } of ids) if (value !== null) duplicates.note(partition, offset, arrange(value))
}

async function learnRaw(
  { session, archive, stream, decoder, duplicates }: IdReading,
  segment: Segment,
  start: number,
  end: number,
): Promise<void> {
  const page = await readSegmentValues(session, archive, segment, start, end, readsEnvelope(stream))
  decodeEvents(segment.topicId, [page], decoder, duplicates)
}

/** The bytes of a typed id, as they stand in a decoded column: text as it is, numbers with their lowest byte first. */
interface IdBytes {
  readonly blob: string
  readonly arrange: (bytes: Uint8Array) => Uint8Array
}

function bytesOf(type: ColumnType, column: string): IdBytes {
  const kind: string = type.kind
  if (kind === 'uuid')
    return { blob: `unhex(replace(CAST(${column} AS VARCHAR), '-', ''))`, arrange: uuidBytes }
  const digits = kind === 'int32' ? 8 : kind === 'int64' || kind === 'uint64' ? 16 : undefined
  if (digits === undefined) return { blob: `encode(${column})`, arrange: bytes => bytes }
  const hex = `right(lpad(hex(${column}), 16, '0'), ${digits})`
  return { blob: `unhex(${hex})`, arrange: bytes => bytes.reverse() }
}

/** DuckDB keeps the top bit flipped. */
function uuidBytes(bytes: Uint8Array): Uint8Array {
  bytes[0]! ^= 0x80
  return bytes.reverse()
}
