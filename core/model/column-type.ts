/**
 * The types a stream's column may have. Plain data, so that a definition can be stored, hashed and sent to
 * another process.
 */
export type ColumnType =
  | { readonly kind: 'string' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'uint64' }
  | { readonly kind: 'float64' }
  /** `precision` 1–38 digits in all, `scale` of them behind the point. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** An instant, kept in microseconds since 1970-01-01T00:00:00Z. `format` says how it is written in the event. */
  | { readonly kind: 'timestamp'; readonly format: TimestampFormat }
  /** A calendar day, `YYYY-MM-DD` in the event, kept in days since 1970-01-01. */
  | { readonly kind: 'date' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }

export type TimestampFormat = 'rfc3339' | 's' | 'ms' | 'us'

export type ColumnKind = ColumnType['kind']

/** Instants that both DuckDB and ClickHouse (`DateTime64`) hold exactly: 1900-01-01 up to, not including, 2300-01-01. */
export const TIMESTAMP_MIN_US = -2_208_988_800_000_000
export const TIMESTAMP_END_US = 10_413_792_000_000_000

/** The SQL type of a column inside DuckDB. */
export function duckdbTypeOf(type: ColumnType): string {
  return DUCKDB_TYPE[type.kind](type as never)
}

const DUCKDB_TYPE: { readonly [K in ColumnKind]: (type: Extract<ColumnType, { kind: K }>) => string } = {
  string: () => 'VARCHAR',
  bool: () => 'BOOLEAN',
  int32: () => 'INTEGER',
  int64: () => 'BIGINT',
  uint64: () => 'UBIGINT',
  float64: () => 'DOUBLE',
  decimal: type => `DECIMAL(${type.precision},${type.scale})`,
  timestamp: () => 'TIMESTAMP',
  date: () => 'DATE',
  uuid: () => 'UUID',
  enum: () => 'VARCHAR',
}
