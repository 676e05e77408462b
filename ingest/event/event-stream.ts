import { compileDecoder } from '../../core/decode/compile.ts'
import type { Decoder, RejectedRow } from '../../core/decode/decoder.ts'
import type { RawRecord } from '../../core/model/record.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { keyReader } from './record-key.ts'

/** A stream as the ingest layer sees it: what is an event of it, and which key its record gets. */
export interface EventStream {
  readonly definition: StreamDefinition
  /** Judges events by the stream's decoder, the same that both layers use. */
  check(values: readonly Uint8Array[]): CheckedEvents
}

export interface CheckedEvents {
  /** The events to produce, in the order given. */
  readonly events: readonly CheckedEvent[]
  /** The others, ascending by row: an index into the values given. */
  readonly rejections: readonly RejectedRow[]
}

export interface CheckedEvent {
  /** Index into the values given. */
  readonly row: number
  readonly key: Uint8Array | null
  /** The very bytes given. */
  readonly value: Uint8Array
}

/** @throws SCHEMA_INVALID where the stream's schema makes no sense */
export function openEventStream(definition: StreamDefinition): EventStream {
  const decoder = compileDecoder(definition)
  const keyColumn = definition.columns.findIndex(column => column.name === definition.key)
  return { definition, check: values => checkEvents(decoder, keyColumn, values) }
}

function checkEvents(decoder: Decoder, keyColumn: number, values: readonly Uint8Array[]): CheckedEvents {
  const { accepted, columns, rejections } = decoder.decode(values.map(rawRecord))
  const keyOf = keyColumn < 0 ? () => null : keyReader(columns[keyColumn]!)
  const events: CheckedEvent[] = []
  for (let row = 0; row < values.length; row++) {
    if (accepted[row] === 1) events.push({ row, key: keyOf(row), value: values[row]! })
  }
  return { events, rejections }
}

/** The decoder's verdict depends on the value alone. */
function rawRecord(value: Uint8Array): RawRecord {
  return { offset: 0, timestampMs: 0, key: null, value, headers: [] }
}
