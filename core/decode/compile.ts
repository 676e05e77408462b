import { TwofoldError } from '../model/errors.ts'
import type { Framing, StreamDefinition } from '../model/stream.ts'
import type { Rejection } from '../model/verdict.ts'
import type { DecodableRecord, DecodedBatch, Decoder, RejectedRow } from './decoder.ts'
import { EnvelopeReader } from './envelope-reader.ts'
import { EventReader } from './event-reader.ts'
import { makeSchemaColumn } from './make-schema-column.ts'
import { explain, rejection } from './rejection.ts'
import type { SchemaColumn } from './schema-column.ts'

/** Changes whenever the decoder says something else of the same bytes; part of a view's version. */
export const DECODER_VERSION = 1

/**
 * Compiles the decoder of a stream's events. docs/decoder.md says what it accepts.
 *
 * The buffers of a batch are made for it and handed over: they are never used again. A decoder serves one caller at
 * a time, as everything that is synchronous does.
 *
 * @throws SCHEMA_INVALID where columns claim the same place, or a type or default makes no sense
 */
export function compileDecoder(stream: StreamDefinition): Decoder {
  return new CompiledDecoder(stream)
}

class CompiledDecoder implements Decoder {
  readonly framing: Framing | undefined
  readonly maxRecordBytes: number
  readonly #maxEventBytes: number
  readonly #ignoresTombstones: boolean
  readonly #columns: readonly SchemaColumn[]
  /** The columns that stand in the event's JSON. */
  readonly #inside: readonly SchemaColumn[]
  readonly #reader: EventReader
  /** Reads what stands around the event; `undefined` where the stream reads nothing of it. */
  readonly #envelope: EnvelopeReader | undefined

  constructor(stream: StreamDefinition) {
    if (stream.columns.length === 0)
      throw new TwofoldError('SCHEMA_INVALID', 'Cannot decode a stream without columns.')
    this.framing = stream.framing
    this.maxRecordBytes = stream.maxEventBytes
    this.#maxEventBytes = stream.maxEventBytes
    this.#ignoresTombstones = stream.tombstones === 'ignore'
    this.#columns = stream.columns.map(makeSchemaColumn)
    this.#inside = this.#columns.filter(({ definition }) => definition.from === undefined)
    this.#reader = new EventReader(this.#inside)
    const around = this.#columns.filter(({ definition }) => definition.from !== undefined)
    this.#envelope = around.length === 0 ? undefined : new EnvelopeReader(around)
  }

  decode(records: readonly DecodableRecord[], partitions?: Int32Array): DecodedBatch {
    const rows = records.length
    const accepted = new Uint8Array(rows)
    const ignored: number[] = []
    const rejections: RejectedRow[] = []
    const envelope = this.#envelope
    this.#reader.begin()
    for (const column of this.#columns) column.begin(rows)
    for (let row = 0; row < rows; row++) {
      const record = records[row]!
      let rejected = this.#decodeEvent(record.value, row)
      if (rejected === undefined && envelope !== undefined)
        rejected = envelope.read(record, partitions?.[row] ?? 0, row)
      if (rejected === undefined) {
        accepted[row] = 1
        continue
      }
      for (const column of this.#columns) column.setNull(row)
      if (rejected.reason === 'tombstone' && this.#ignoresTombstones) ignored.push(row)
      else rejections.push({ row, ...rejected })
    }
    return { rows, accepted, ignored, columns: this.#columns.map(column => column.finish()), rejections }
  }

  #decodeEvent(value: Uint8Array | null, row: number): Rejection | undefined {
    if (value === null) return rejection('tombstone', undefined, 'The record has no value.')
    if (value.length > this.#maxEventBytes) {
      const detail = `The event has ${value.length} bytes; the stream allows ${this.#maxEventBytes}.`
      return rejection('too_large', undefined, detail)
    }
    const fault = this.#reader.read(value, row)
    return fault < 0 ? this.#explain(value, fault) : undefined
  }

  #explain(value: Uint8Array, fault: number): Rejection {
    const { faultName, faultColumn, faultAt, faultInner, faultIsOfList } = this.#reader
    const type = faultColumn < 0 ? undefined : this.#inside[faultColumn]!.definition.type
    const expected = type === undefined && faultIsOfList ? 'list' : type
    return explain(value, { fault, field: faultName, expected, at: faultAt, inner: faultInner })
  }
}
