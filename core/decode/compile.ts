import type { RecordValue } from '../model/record.ts'
import type { StreamDefinition } from '../model/stream.ts'
import type { Rejection } from '../model/verdict.ts'
import type { DecodedBatch, Decoder, RejectedRow } from './decoder.ts'
import { EventReader } from './event-reader.ts'
import { explain, rejection } from './rejection.ts'
import { SchemaColumn } from './schema-column.ts'

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
  readonly #maxEventBytes: number
  readonly #columns: readonly SchemaColumn[]
  readonly #reader: EventReader

  constructor(stream: StreamDefinition) {
    this.#maxEventBytes = stream.maxEventBytes
    this.#columns = stream.columns.map(definition => new SchemaColumn(definition))
    this.#reader = new EventReader(this.#columns)
  }

  decode(records: readonly Pick<RecordValue, 'value'>[]): DecodedBatch {
    const rows = records.length
    const accepted = new Uint8Array(rows)
    const rejections: RejectedRow[] = []
    this.#reader.begin()
    for (const column of this.#columns) column.begin(rows)
    for (let row = 0; row < rows; row++) {
      const rejected = this.#decodeEvent(records[row]!.value, row)
      if (rejected === undefined) accepted[row] = 1
      else {
        for (const column of this.#columns) column.setNull(row)
        rejections.push({ row, ...rejected })
      }
    }
    return { rows, accepted, columns: this.#columns.map(column => column.finish()), rejections }
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
    const { faultName, faultColumn, faultAt } = this.#reader
    const column = faultColumn < 0 ? undefined : this.#columns[faultColumn]!.definition
    return explain(value, { fault, field: faultName, column, at: faultAt })
  }
}
