import type {
  RawRecord,
  RecordBatch,
  RecordEnvelope,
  RecordHeader,
  RecordValue,
  ValueBatch,
} from '../../model/record.ts'
import type { Segment } from '../../model/segment.ts'
import { duckdbString } from '../../sql/text.ts'
import type { DuckDBSession } from '../duckdb/session.ts'
import { segmentPath } from './segment-chain.ts'

/**
 * The raw records of a segment from offset `from` on, at most `limit` of them, as a read of Kafka would bring them.
 * The batch's `end` is where to go on: behind the last record read, or the segment's end.
 */
export async function readSegmentRecords(
  session: DuckDBSession,
  archive: string,
  segment: Segment,
  from: number,
  limit: number,
): Promise<RecordBatch> {
  const rows = await session.rows<SegmentRow>(
    `SELECT __offset, __timestamp, __key, __value, __headers FROM read_parquet(${duckdbString(segmentPath(archive, segment))})
     WHERE __offset >= ${from} ORDER BY __offset LIMIT ${limit}`,
  )
  const records = rows.map(recordOf)
  const last = records.at(-1)
  const end = rows.length < limit || last === undefined ? segment.end : last.offset + 1
  return { partition: segment.partition, start: from, end, records }
}

interface SegmentRow {
  readonly __offset: bigint
  readonly __timestamp: bigint
  readonly __key: Uint8Array | null
  readonly __value: Uint8Array | null
  readonly __headers: string | null
}

function recordOf(row: SegmentRow): RawRecord {
  return {
    offset: Number(row.__offset),
    timestampMs: Number(row.__timestamp),
    key: row.__key,
    value: row.__value,
    headers: headersOf(row.__headers),
  }
}

/** Reads headers as `rawColumns` writes them. */
function headersOf(text: string | null): RecordHeader[] {
  const headers = text === null ? [] : (JSON.parse(text) as [string, string | null][])
  return headers.map(([name, value]) => ({
    name,
    value: value === null ? null : Buffer.from(value, 'base64'),
  }))
}

/** Values that come over in one text: twice its size must be a string that JavaScript can hold. */
const GROUP_BYTES = 16 * 2 ** 20

/**
 * Offsets and values of a segment's records in `[from, to)`: all that decoding needs of most streams; and with
 * `envelope` what stands around the values, of which each costs what is told below.
 *
 * The values come over in a few large texts instead of a value per record, of which each costs a crossing into
 * native code and a buffer: that takes a quarter of the time. Hexadecimal, for not all bytes are text.
 */
export async function readSegmentValues(
  session: DuckDBSession,
  archive: string,
  segment: Segment,
  from: number,
  to: number,
  envelope = false,
): Promise<ValueBatch> {
  const around = envelope ? ENVELOPE_LISTS : ''
  const groups = await session.rows<ValueGroup>(
    `SELECT list(__offset ORDER BY __offset) AS offsets, list(octet_length(__value) ORDER BY __offset) AS lengths,
       string_agg(hex(__value), '' ORDER BY __offset) AS hex${around}
     FROM (SELECT *, CAST(sum(octet_length(__value)) OVER (ORDER BY __offset ROWS UNBOUNDED PRECEDING) AS BIGINT) // ${GROUP_BYTES} AS part
       FROM read_parquet(${duckdbString(segmentPath(archive, segment))}) WHERE __offset >= ${from} AND __offset < ${to})
     GROUP BY part ORDER BY min(__offset)`,
  )
  return { partition: segment.partition, start: from, end: to, records: groups.flatMap(valuesOf) }
}

const ENVELOPE_LISTS = `, list(__timestamp ORDER BY __offset) AS timestamps, list(__key ORDER BY __offset) AS keys,
       list(__headers ORDER BY __offset) AS headers`

interface ValueGroup {
  readonly timestamps?: readonly bigint[]
  readonly keys?: readonly (Uint8Array | null)[]
  readonly headers?: readonly (string | null)[]
  readonly offsets: readonly bigint[]
  /** NULL for a tombstone. */
  readonly lengths: readonly (bigint | null)[]
  /** NULL where all are tombstones. */
  readonly hex: string | null
}

function valuesOf(group: ValueGroup): RecordValue[] {
  const { offsets, lengths, hex, timestamps } = group
  const bytes = Buffer.from(hex ?? '', 'hex')
  let end = 0
  return offsets.map((offset, index) => {
    const length = lengths[index]!
    const start = end
    end += Number(length ?? 0)
    const value = length === null ? null : bytes.subarray(start, end)
    const plain = { offset: Number(offset), value }
    return timestamps === undefined ? plain : { ...plain, ...envelopeAt(group, index) }
  })
}

function envelopeAt({ timestamps, keys, headers }: ValueGroup, index: number): RecordEnvelope {
  return {
    timestampMs: Number(timestamps![index]),
    key: keys![index]!,
    headers: headersOf(headers![index]!),
  }
}
