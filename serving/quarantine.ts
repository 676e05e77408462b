import { type Static, Type } from '@sinclair/typebox'
import type { ClickHouse } from '../core/io/clickhouse/client.ts'
import { decoderId } from '../core/io/decoder-id.ts'
import { TwofoldError } from '../core/model/errors.ts'
import type { BoundView } from '../core/model/view.ts'
import { QUARANTINE_KEPT_BYTES } from '../core/sql/system-tables.ts'

/** A record that was set aside. */
export const QuarantinedRecord = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  view: Type.String({ description: 'Empty for a record that fails the stream’s schema.' }),
  version: Type.String(),
  reason: Type.String(),
  field: Type.String(),
  detail: Type.String(),
  kafkaTime: Type.String(),
  key: Type.Union([Type.String(), Type.Null()]),
  value: Type.Union([Type.String(), Type.Null()], { description: 'Where it is valid UTF-8.' }),
  valueBase64: Type.Union([Type.String(), Type.Null()], { description: 'Null is a tombstone.' }),
  isCut: Type.Boolean({ description: 'Key or value are longer than the 64 KiB that are shown of each.' }),
})
export type QuarantinedRecord = Static<typeof QuarantinedRecord>

export interface QuarantinePage {
  readonly records: readonly QuarantinedRecord[]
  /** What `after` takes to go on; null where nothing follows. */
  readonly next: string | null
}

interface StoredRecord extends Omit<QuarantinedRecord, 'offset' | 'key' | 'value' | 'isCut'> {
  readonly offset: string
  readonly keyBase64: string | null
  readonly cut: 0 | 1
}

export const MAX_QUARANTINE_PAGE = 1_000

/** What answers now: a view in its version, or, under the name '', what reads a stream's events. */
export interface SetAsideBy {
  readonly views: readonly string[]
  readonly versions: readonly string[]
}

/** Where a row of `quarantine` is of what answers now: bound as `SetAsideBy` is. */
export const IS_SERVED = 'has(arrayZip({views:Array(String)}, {versions:Array(String)}), (view, version))'

/**
 * Those whose quarantine counts in answers. What another version of a view, or another schema of its stream, set aside
 * counts in none.
 */
export function setAsideBy(served: readonly BoundView[]): SetAsideBy {
  const decoders = new Set(served.map(({ stream }) => decoderId(stream)))
  return {
    views: [...served.map(({ name }) => name), ...[...decoders].map(() => '')],
    versions: [...served.map(({ version }) => version), ...decoders],
  }
}

/**
 * A page of the stream's quarantine as the views are `served`, by partition and offset.
 * @throws QUERY_INVALID for an `after` that no page gave
 */
export async function readQuarantine(
  clickhouse: ClickHouse,
  topic: string,
  served: readonly BoundView[],
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<QuarantinePage> {
  const rows = await clickhouse.rows<StoredRecord>(
    `SELECT topic, partition, offset, view, version, reason, field, detail,
       formatDateTime(kafka_time, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC') AS kafkaTime,
       base64Encode(substring(key, 1, {kept:UInt32})) AS keyBase64,
       base64Encode(substring(value, 1, {kept:UInt32})) AS valueBase64,
       greatest(length(ifNull(key, '')), length(ifNull(value, ''))) > {kept:UInt32} AS cut
     FROM quarantine FINAL
     WHERE topic = {topic:String} AND ${IS_SERVED} AND (partition, offset, view, version) > ({partition:Int32}, {offset:Int64}, {view:String}, {version:String})
     ORDER BY partition, offset, view, version LIMIT {limit:UInt32}`,
    {
      params: {
        topic,
        limit: limit + 1,
        kept: QUARANTINE_KEPT_BYTES,
        ...setAsideBy(served),
        ...positionOf(after),
      },
    },
  )
  const records = rows.slice(0, limit).map(recordOf)
  return { records, next: rows.length > limit ? cursorOf(records.at(-1)!) : null }
}

function recordOf({ keyBase64, offset, cut, ...stored }: StoredRecord): QuarantinedRecord {
  const isCut = cut === 1
  return {
    ...stored,
    offset: Number(offset),
    key: textOf(keyBase64, isCut),
    value: textOf(stored.valueBase64, isCut),
    isCut,
  }
}

/** `null` for what is no text. A cut may fall within a character: its first bytes are left out. */
function textOf(base64: string | null, isCut: boolean): string | null {
  if (base64 === null) return null
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    return decoder.decode(Buffer.from(base64, 'base64'), { stream: isCut })
  } catch {
    return null
  }
}

/** A view sets a record aside for itself, so a record may stand there more than once. */
function cursorOf({ partition, offset, view, version }: QuarantinedRecord): string {
  return [partition, offset, view, version].join(':')
}

function positionOf(after: string | undefined) {
  if (after === undefined) return { partition: -1, offset: 0, view: '', version: '' }
  const match = /^(\d{1,9}):(\d{1,15})(?::(\w*):(\w*))?$/.exec(after)
  if (match === null) {
    throw new TwofoldError('QUERY_INVALID', `after=${after} is not a place in the quarantine.`, {
      hint: 'Take it from `next` of the page before, or write partition:offset.',
      details: { parameter: 'after', value: after },
    })
  }
  const [, partition, offset, view = '\u{10ffff}', version = ''] = match
  return { partition: Number(partition), offset: Number(offset), view, version }
}
