import type { RawRecord, RecordBatch } from '../../model/record.ts'
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
  const headers = row.__headers === null ? [] : (JSON.parse(row.__headers) as [string, string | null][])
  return {
    offset: Number(row.__offset),
    timestampMs: Number(row.__timestamp),
    key: row.__key,
    value: row.__value,
    headers: headers.map(([name, value]) => ({
      name,
      value: value === null ? null : Buffer.from(value, 'base64'),
    })),
  }
}
