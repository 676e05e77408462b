import { compileDecoder } from '../../core/decode/compile.ts'
import type { Decoder, RejectedRow } from '../../core/decode/decoder.ts'
import { frame, frameBytes } from '../../core/decode/frames.ts'
import { UnitWatch } from '../../core/decode/unit-watch.ts'
import type { RawRecord } from '../../core/model/record.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { type KeyReader, keyReader } from './record-key.ts'

/** A stream as the ingest layer sees it: what is an event of it, and which key its record gets. */
export interface EventStream {
  readonly definition: StreamDefinition
  /** Judges events by the stream's decoder, the same that both layers use. */
  check(values: readonly Uint8Array[]): CheckedEvents
  /** What is likely to be wrong with most of the events checked lately, though they are events, or `undefined`. */
  readonly warning: string | undefined
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
  /** The very bytes given; where the stream's records hold several events, a record of this one. */
  readonly value: Uint8Array
}

/** @throws SCHEMA_INVALID where the stream's schema makes no sense */
export function openEventStream(definition: StreamDefinition): EventStream {
  const { framing, maxEventBytes } = definition
  const decoder = compileDecoder(
    framing === undefined
      ? definition
      : { ...definition, maxEventBytes: Math.max(0, maxEventBytes - frameBytes(framing)) },
  )
  const keyColumn = definition.columns.findIndex(column => column.name === definition.key)
  const isKeyRead = keyColumn >= 0 && definition.columns.some(({ from }) => from?.part === 'key')
  const keys = isKeyRead ? openKeys(definition) : () => undefined
  const unitWatch = new UnitWatch(definition)
  return {
    definition,
    check: values => checkEvents(decoder, unitWatch, keyColumn, values, keys(values)),
    get warning() {
      return unitWatch.warning
    },
  }
}

/**
 * Reads the keys that events get ahead of all else, for a stream that also reads them back as a column. An event that is
 * none has no key.
 */
function openKeys(definition: StreamDefinition): (values: readonly Uint8Array[]) => KeyReader {
  const columns = definition.columns.filter(({ from }) => from === undefined)
  const decoder = compileDecoder({ ...definition, columns })
  const position = columns.findIndex(({ name }) => name === definition.key)
  return values => keyReader(decoder.decode(values.map(value => ({ value }))).columns[position]!)
}

/** @param keys of the records, where they are known before the events are decoded */
function checkEvents(
  decoder: Decoder,
  unitWatch: UnitWatch,
  keyColumn: number,
  values: readonly Uint8Array[],
  keys: KeyReader | undefined,
): CheckedEvents {
  const nowMs = Date.now()
  const records = values.map((value, row) => recordOf(value, keys?.(row) ?? null, nowMs))
  const { accepted, columns, rejections } = decoder.decode(records)
  unitWatch.see({ columns }, records)
  const keyOf = keyColumn < 0 ? () => null : keyReader(columns[keyColumn]!)
  const events: CheckedEvent[] = []
  for (let row = 0; row < values.length; row++) {
    if (accepted[row] === 1) events.push({ row, key: keyOf(row), value: recordValue(decoder, values[row]!) })
  }
  return { events, rejections }
}

/** An event is a record of its own, also where records may hold several. */
function recordValue({ framing }: Decoder, event: Uint8Array): Uint8Array {
  return framing === undefined ? event : frame(framing, event)
}

/** The record as it will be, but for its place in the log: produced now, and without headers. */
function recordOf(value: Uint8Array, key: Uint8Array | null, nowMs: number): RawRecord {
  return { offset: 0, timestampMs: nowMs, key, value, headers: [] }
}
