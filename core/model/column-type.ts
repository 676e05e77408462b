/**
 * The types a stream's column may have. Plain data, so that a definition can be stored, hashed and sent to
 * another process.
 */
export type ColumnType =
  | { readonly kind: 'string' }
  /** A string, number or boolean of JSON, kept as text exactly as it was written. */
  | { readonly kind: 'text' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int32' }
  | { readonly kind: 'int64' }
  | { readonly kind: 'uint64' }
  | { readonly kind: 'float64' }
  /** `precision` 1–38 digits in all, `scale` of them behind the point. */
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  /** An instant, kept in microseconds since 1970-01-01T00:00:00Z. `format` says how it is written in the event. */
  | { readonly kind: 'timestamp'; readonly format: TimestampFormat }
  /** An instant that may be written in any of several formats. */
  | TimestampOfFormats
  /** A calendar day, `YYYY-MM-DD` in the event, kept in days since 1970-01-01. */
  | { readonly kind: 'date' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }

/** What a column holds: one value, or a list of them. */
export type FieldType = ColumnType | ListType

/** A JSON array. With `nullable` its elements may be null. */
export interface ListType {
  readonly kind: 'list'
  readonly element: ElementType
  readonly nullable: boolean
}

/** What a list holds: values, lists, or objects of which some members are read. */
export type ElementType = FieldType | StructType

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly FieldDefinition[]
}

/** A named value inside an object. */
export interface FieldDefinition {
  readonly name: string
  readonly type: FieldType
  /** The keys that lead to it. */
  readonly path: readonly PathStep[]
  /** A missing or null value is NULL instead of a reason for quarantine. */
  readonly optional: boolean
  /** Stands in for a missing or null value; written as it would stand in the event. */
  readonly default: string | number | boolean | undefined
}

/** A member of an object by its key; or an element of a list: by its position, or the first with this text at `key`. */
export type PathStep = string | { readonly index: number } | { readonly key: string; readonly equals: string }

export type TimestampFormat = 'rfc3339' | 's' | 'ms' | 'us'

/** Units of numbers since 1970. */
export type EpochUnit = 's' | 'ms' | 'us' | 'ns'

/** A format of an instant: one with a name, or a strptime pattern, which is known by its `%`. */
export type TimeFormat = 'rfc3339' | 'iso' | 'rfc1123' | 'mongo' | 'auto' | EpochUnit | `${string}%${string}`

/** Fields that a definition leaves out are absent, so that they do not count in its hash. */
export interface TimestampOfFormats {
  readonly kind: 'timestamp'
  /** Tried in this order; the first that reads an instant from 1900 to 2299 takes the value. */
  readonly formats: readonly TimeFormat[]
  /** IANA name of the zone of texts that state none. */
  readonly zone?: string
  /** The first and the last millisecond since 1970 that is in range. */
  readonly notBeforeMs?: number
  readonly notAfterMs?: number
}

/** The formats in which instants of a type may be written, in the order in which they are tried. */
export function timeFormatsOf(type: Extract<ColumnType, { kind: 'timestamp' }>): readonly TimeFormat[] {
  return 'formats' in type ? type.formats : [type.format]
}

export type ColumnKind = ColumnType['kind']

/** Instants that both DuckDB and ClickHouse (`DateTime64`) hold exactly: 1900-01-01 up to, not including, 2300-01-01. */
export const TIMESTAMP_MIN_US = -2_208_988_800_000_000
export const TIMESTAMP_END_US = 10_413_792_000_000_000

/** The SQL type of a column inside DuckDB. */
export function duckdbTypeOf(type: ElementType): string {
  if (type.kind === 'list') return `${duckdbTypeOf(type.element)}[]`
  if (type.kind !== 'struct') return DUCKDB_TYPE[type.kind](type as never)
  const fields = type.fields.map(field => `"${field.name}" ${duckdbTypeOf(field.type)}`)
  return `STRUCT(${fields.join(', ')})`
}

const DUCKDB_TYPE: { readonly [K in ColumnKind]: (type: Extract<ColumnType, { kind: K }>) => string } = {
  string: () => 'VARCHAR',
  text: () => 'VARCHAR',
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

/** A path as people write it: `items[0].price`, `params[key=page].value`. */
export function pathText(path: readonly PathStep[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'string') return index === 0 ? step : `.${step}`
      return 'index' in step ? `[${step.index}]` : `[${step.key}=${step.equals}]`
    })
    .join('')
}
