import type { EnvelopeSource } from '../model/stream.ts'
import { invalid } from './names.ts'
import { ColumnBuilder } from './types.ts'

/**
 * Columns out of the Kafka record around the event: `schema: { ts: e.timestamp(), tenant: e.header('x-tenant', t.string()) }`.
 * They are columns like any other: event time, dimension, or what a measure reads.
 */
export const e = {
  /** Kafka's timestamp of the record, in milliseconds. */
  timestamp: (): ColumnBuilder =>
    around({ part: 'timestamp' }, new ColumnBuilder({ kind: 'timestamp', format: 'ms' })),
  /** The record's key, read as the text of a value of the type. */
  key: (column: ColumnBuilder): ColumnBuilder => around({ part: 'key' }, typed(column, 'e.key()')),
  /** The header of this name, read as the text of a value of the type; the last one where the name repeats. */
  header: (name: string, column: ColumnBuilder): ColumnBuilder => {
    const place = `e.header(${JSON.stringify(name)})`
    if (typeof name !== 'string' || name === '') invalid(place, "expected the header's name as a string.")
    return around({ part: 'header', name }, typed(column, place))
  },
  /** The record's partition. */
  partition: (): ColumnBuilder => around({ part: 'partition' }, new ColumnBuilder({ kind: 'int32' })),
  /** The record's offset in its partition. */
  offset: (): ColumnBuilder => around({ part: 'offset' }, new ColumnBuilder({ kind: 'int64' })),
}

function around(source: EnvelopeSource, column: ColumnBuilder): ColumnBuilder {
  return new ColumnBuilder(column.type, column.isOptional, column.defaultValue, undefined, source)
}

function typed(column: ColumnBuilder, place: string): ColumnBuilder {
  if (!(column instanceof ColumnBuilder)) invalid(place, 'expected a column type, for example t.string().')
  if (column.jsonPath !== undefined || column.source !== undefined || column.aliases.length > 0)
    invalid(place, 'expected a plain column type: what it reads has no path.')
  return column
}
