import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  type DuckDBValue,
} from '@duckdb/node-api'

/** A DuckDB value as plain JavaScript, without loss. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly PlainValue[]
  | ReadonlyMap<PlainValue, PlainValue>
  | { readonly [name: string]: PlainValue }

/**
 * Makes a DuckDB value plain, exactly: integers of up to 32 bits, FLOAT and DOUBLE are numbers, those of 64 and
 * 128 bits are bigints; BLOB is bytes of its own memory; LIST is an array, STRUCT an object, MAP a Map; all else
 * (DECIMAL, DATE, TIMESTAMP, UUID, …) is the text that DuckDB prints.
 */
export function plainValue(value: DuckDBValue): PlainValue {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof DuckDBBlobValue) return copyOf(value.bytes)
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return value.items.map(plainValue)
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, plainValue(entry)]))
  }
  if (value instanceof DuckDBMapValue) {
    return new Map(value.entries.map(entry => [plainValue(entry.key), plainValue(entry.value)]))
  }
  return value.toString()
}

/**
 * The bytes may lie in a chunk of the result, which goes with it. Node's pool spares small values a buffer of their
 * own, whose making costs more than all else that is done for them.
 */
function copyOf(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, length } = Buffer.from(bytes)
  return new Uint8Array(buffer, byteOffset, length)
}
