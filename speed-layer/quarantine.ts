import type { EventBatch } from '../core/decode/event-batch.ts'
import type { ClickHouse } from '../core/io/clickhouse/client.ts'
import type { RawRecord } from '../core/model/record.ts'
import type { Rejection } from '../core/model/verdict.ts'
import type { BoundView } from '../core/model/view.ts'
import { QUARANTINE_KEPT_BYTES } from '../core/sql/system-tables.ts'

/** A record to be set aside, with what is said of it. */
export interface QuarantinedRecord extends Rejection {
  readonly partition: number
  readonly record: RawRecord
  /** The number of the event in the record, where that holds several; below 0 for the record as a whole. */
  readonly element?: number | undefined
  /** Whose expression failed; or '' and the decoder's id where the record is not an event of the stream. */
  readonly view: Pick<BoundView, 'name' | 'version'>
}

/** The records of a micro-batch that are not events of their stream, by the decoder of this id. */
export function undecodable(events: EventBatch, decoderId: string): QuarantinedRecord[] {
  const view = { name: '', version: decoderId }
  return events.rejections.map(({ row, reason, field, detail }) => ({
    partition: events.partitions[row]!,
    record: events.records[row]!,
    element: events.elements?.[row],
    reason,
    field,
    detail,
    view,
  }))
}

/**
 * Keeps quarantined records, before the marker that counts them is written: what is counted can be looked at.
 * Writing a record again changes nothing, for its topic, view, version, partition and offset are its key.
 */
export async function keepQuarantined(
  clickhouse: ClickHouse,
  topic: string,
  topicId: string,
  records: readonly QuarantinedRecord[],
): Promise<void> {
  if (records.length === 0) return
  const lines = byRecord(records).map(({ partition, record, view, reason, field, detail }) =>
    JSON.stringify({
      view: view.name,
      version: view.version,
      partition,
      offset: String(record.offset),
      reason,
      field: field ?? '',
      detail,
      key: base64(record.key),
      value: base64(record.value),
      kafka_time_ms: String(record.timestampMs),
    }),
  )
  await clickhouse.insertSelect(
    `INSERT INTO quarantine SELECT {topic:String}, view, version, partition, offset, {topicId:String}, reason, field, detail,
       base64Decode(key), base64Decode(value), fromUnixTimestamp64Milli(kafka_time_ms, 'UTC')
     FROM input('view String, version String, partition Int32, offset Int64, reason String, field String, detail String,
       key Nullable(String), value Nullable(String), kafka_time_ms Int64') FORMAT JSONEachRow`,
    Buffer.from(lines.join('\n')),
    { params: { topic, topicId } },
  )
}

/** Of several events of one record, a row: with the reason of the first, and what is said of as many as have room. */
function byRecord(records: readonly QuarantinedRecord[]): QuarantinedRecord[] {
  const rows = new Map<string, QuarantinedRecord>()
  for (const record of records) {
    const { element, view, partition } = record
    const isWhole = element === undefined || element < 0
    const detail = isWhole ? record.detail : `Event ${element} of the record: ${record.detail}`
    const key = [view.name, view.version, partition, record.record.offset].join('/')
    const known = rows.get(key)
    if (known === undefined) rows.set(key, { ...record, detail })
    else if (known.detail.length + detail.length < MAX_DETAILS)
      rows.set(key, { ...known, detail: `${known.detail}\n${detail}` })
  }
  return [...rows.values()]
}

/** Characters that are kept of what is said of a record's events. */
const MAX_DETAILS = 2_000

function base64(bytes: Uint8Array | null): string | null {
  return bytes === null
    ? null
    : Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, QUARANTINE_KEPT_BYTES + 1)).toString(
        'base64',
      )
}
