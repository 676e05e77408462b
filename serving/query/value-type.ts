/** What a column of an answer holds, in words that do not depend on an engine. */
export type ValueType =
  | 'integer'
  | 'decimal'
  | 'double'
  | 'text'
  | 'boolean'
  | 'date'
  | 'timestamp'
  | 'double[]'
  /** A list of objects, each with a `count`. */
  | 'counts'

/** The type of a column by its ClickHouse type; every column may be null. */
export function valueTypeOf(clickhouseType: string): ValueType {
  const type = clickhouseType.replace(/^Nullable\((.*)\)$/, '$1')
  if (type === 'Array(Nullable(Float64))') return 'double[]'
  if (type.startsWith('Array(Tuple(')) return 'counts'
  const decimal = /^Decimal\(\d+, (\d+)\)$/.exec(type)
  if (decimal) return decimal[1] === '0' ? 'integer' : 'decimal'
  return VALUE_TYPES[type.replace(/\(.*/, '')]!
}

const VALUE_TYPES: Readonly<Record<string, ValueType>> = {
  Int64: 'integer',
  UInt64: 'integer',
  Float64: 'double',
  String: 'text',
  Bool: 'boolean',
  Date32: 'date',
  DateTime64: 'timestamp',
}
