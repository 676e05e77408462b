import {
  type DuckDBListType,
  type DuckDBMapType,
  type DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api'
import {
  type ColumnType,
  type EpochUnit,
  type FieldType,
  type TimeFormat,
  timeFormatsOf,
} from '../../core/model/column-type.ts'

/** A column of a Parquet file. */
export interface FileColumn {
  readonly name: string
  readonly type: DuckDBType
}

/** The type that the schema asks for at a path of the event, if it names one. */
export type TypeAt = (path: readonly string[]) => FieldType | undefined

const JSON_NUMBER = '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?'
const LOCAL_TIME = '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?'
const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}'

/** How many of a unit are a microsecond. */
const UNITS: Readonly<Record<EpochUnit, string>> = { s: '0.000001', ms: '0.001', us: '1', ns: '1000' }

/**
 * The DuckDB expression that yields a cell as JSON text, exactly, in the form that the schema's type asks for; where
 * the schema names no type at the path, as it is. A value that cannot have that form becomes a JSON string, an object
 * or stays a number, for the decoder to refuse with its reason. Lists, structs and maps are written out in full.
 */
export function cellJson(column: FileColumn, path: readonly string[], typeAt: TypeAt): string {
  return orNull(jsonOf(quoteIdentifier(column.name), column.type, path, typeAt))
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text as a literal of DuckDB's SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function orNull(json: string): string {
  return `coalesce(${json}, 'null')`
}

function jsonOf(cell: string, fileType: DuckDBType, path: readonly string[], typeAt: TypeAt): string {
  const declared = typeAt(path)
  // A list is one in the file, too, or its JSON text.
  const type = declared?.kind === 'list' ? undefined : declared
  switch (fileType.typeId) {
    case DuckDBTypeId.VARCHAR:
      if (declared?.kind === 'list')
        return `CASE WHEN json_valid(${cell}) THEN ${cell}::VARCHAR ELSE ${jsonString(cell)} END`
      // A cell that holds JSON is JSON already, but where the schema wants its text.
      if (fileType.alias === 'JSON' && type?.kind !== 'string') return `${cell}::VARCHAR`
      return type === undefined ? jsonString(cell) : textAs(cell, type)
    case DuckDBTypeId.TIMESTAMP_NS:
      return instantAs(cell, `epoch_ns(${cell})`, type, hasZone(type))
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
      return instantAs(cell, undefined, type, hasZone(type))
    case DuckDBTypeId.TIMESTAMP_TZ:
      return instantAs(`make_timestamp(epoch_us(${cell}))`, undefined, type)
    case DuckDBTypeId.DATE:
      return type?.kind === 'timestamp' ? dayAsInstant(cell, type) : jsonString(`${cell}::VARCHAR`)
    case DuckDBTypeId.BLOB:
      return binary(cell)
    case DuckDBTypeId.STRUCT:
      return structJson(cell, fileType as DuckDBStructType, path, typeAt)
    case DuckDBTypeId.MAP:
      return mapJson(cell, fileType as DuckDBMapType, path, typeAt)
    case DuckDBTypeId.LIST:
    case DuckDBTypeId.ARRAY:
      return listJson(cell, fileType as DuckDBListType, path, typeAt)
    default:
      return scalarJson(cell, fileType, type)
  }
}

const NUMBERS: ReadonlySet<DuckDBTypeId> = new Set([
  ...[DuckDBTypeId.BOOLEAN, DuckDBTypeId.DECIMAL, DuckDBTypeId.HUGEINT, DuckDBTypeId.UHUGEINT],
  ...[DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT],
  ...[DuckDBTypeId.UTINYINT, DuckDBTypeId.USMALLINT, DuckDBTypeId.UINTEGER, DuckDBTypeId.UBIGINT],
])

function scalarJson(cell: string, fileType: DuckDBType, type: ColumnType | undefined): string {
  const text = `${cell}::VARCHAR`
  if (type?.kind === 'string' || type?.kind === 'enum') return jsonString(text)
  if (NUMBERS.has(fileType.typeId)) return text
  // Infinities and NaN are no JSON numbers.
  if (fileType.typeId === DuckDBTypeId.FLOAT || fileType.typeId === DuckDBTypeId.DOUBLE)
    return `CASE WHEN isfinite(${cell}) THEN ${text} ELSE ${jsonString(text)} END`
  return jsonString(text)
}

function structJson(cell: string, fileType: DuckDBStructType, path: readonly string[], typeAt: TypeAt) {
  const members = fileType.entryNames.map((name, index) => {
    const json = jsonOf(
      `(${cell}).${quoteIdentifier(name)}`,
      fileType.entryTypes[index]!,
      [...path, name],
      typeAt,
    )
    return `${quoteText(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`)}, ${orNull(json)}`
  })
  return `CASE WHEN ${cell} IS NOT NULL THEN concat(${members.join(', ')}, '}') END`
}

/** The elements have no place in the schema. */
const nowhere: TypeAt = () => undefined

function listJson(
  cell: string,
  { valueType }: Pick<DuckDBListType, 'valueType'>,
  path: readonly string[],
  _: TypeAt,
) {
  const element = `element${path.length}`
  const json = orNull(jsonOf(element, valueType, [...path, '[]'], nowhere))
  return `'[' || array_to_string(list_transform(${cell}, lambda ${element}: ${json}), ',') || ']'`
}

/** An object where the keys are texts; otherwise the list of its entries. */
function mapJson(
  cell: string,
  { keyType, valueType }: DuckDBMapType,
  path: readonly string[],
  typeAt: TypeAt,
) {
  const entry = `element${path.length}`
  const value = orNull(jsonOf(`${entry}.value`, valueType, [...path, '[]'], nowhere))
  const isObject = keyType.typeId === DuckDBTypeId.VARCHAR
  const key = isObject
    ? jsonString(`${entry}.key`)
    : orNull(jsonOf(`${entry}.key`, keyType, [...path, '[]'], typeAt))
  const json = isObject
    ? `${key} || ':' || ${value}`
    : `'{"key":' || ${key} || ',"value":' || ${value} || '}'`
  const entries = `array_to_string(list_transform(map_entries(${cell}), lambda ${entry}: ${json}), ',')`
  return isObject ? `'{' || ${entries} || '}'` : `'[' || ${entries} || ']'`
}

/** Bytes are the text that they spell in UTF-8; others an object with their Base64, which no column takes for a text. */
function binary(cell: string): string {
  const text = `TRY(decode(${cell}))`
  return `CASE WHEN ${text} IS NOT NULL THEN ${jsonString(text)} ELSE '{"base64":"' || base64(${cell}) || '"}' END`
}

/** A cell of text. */
function textAs(cell: string, type: ColumnType): string {
  switch (type.kind) {
    case 'bool':
      return `CASE WHEN lower(${cell}) IN ('true', 'false') THEN lower(${cell}) ELSE ${jsonString(cell)} END`
    case 'timestamp':
      return textAsTime(cell, timeFormatsOf(type))
    case 'int32':
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'decimal':
      return textAsNumber(cell)
    default:
      return jsonString(cell)
  }
}

/** Where only units are read, the text is a number. RFC 3339 alone is read as tables write it; other formats as it stands. */
function textAsTime(cell: string, formats: readonly TimeFormat[]): string {
  if (areUnits(formats)) return textAsNumber(cell)
  return isRfc3339(formats) ? textAsInstant(cell) : jsonString(cell)
}

/** Whether all formats are numbers of a unit since 1970. */
export function areUnits(formats: readonly TimeFormat[]): boolean {
  return formats.every(isUnit)
}

/** Whether times are read as RFC 3339 alone. */
export function isRfc3339(formats: readonly TimeFormat[]): boolean {
  return formats.length === 1 && formats[0] === 'rfc3339'
}

function isUnit(format: TimeFormat): format is EpochUnit {
  return format in UNITS
}

/** The format in which an instant of a file is written for the decoder: with all its digits, where one has them. */
function writtenFormat(formats: readonly TimeFormat[]): TimeFormat {
  const able = formats.filter(format => format !== 'rfc1123' && !format.includes('%'))
  return able.find(format => !isUnit(format)) ?? able[0] ?? 'rfc3339'
}

function textAsNumber(cell: string): string {
  const matches = `regexp_full_match(trim(${cell}), '${JSON_NUMBER}')`
  return `CASE WHEN ${matches} THEN trim(${cell}) ELSE ${jsonString(cell)} END`
}

/** A time without a zone is UTC. One with a zone stays as it is: DuckDB's cast would drop the zone silently. */
function textAsInstant(cell: string): string {
  return `CASE WHEN regexp_full_match(${cell}, '${LOCAL_TIME}') THEN ${jsonString(`replace(${cell}, ' ', 'T') || 'Z'`)}
    WHEN regexp_full_match(${cell}, '${DAY}') THEN ${jsonString(`${cell} || 'T00:00:00Z'`)}
    ELSE ${jsonString(cell)} END`
}

/**
 * An instant, with every digit it has. As a number it is floored to the microsecond, as an RFC 3339 time is by the
 * decoder: DuckDB's `epoch_us` and casts of TIMESTAMP_NS truncate toward 1970.
 *
 * @param nanos its nanoseconds since 1970, where it has any
 * @param isLocal that the file states no zone, and the column does: then the decoder is to read it there
 */
function instantAs(
  instant: string,
  nanos: string | undefined,
  type: ColumnType | undefined,
  isLocal = false,
): string {
  const text = `replace(${instant}::VARCHAR, ' ', 'T')`
  const micros = nanos === undefined ? `epoch_us(${instant})` : floorDivide(nanos, 1000)
  // Digits and signs only: no need for the care of to_json.
  if (type?.kind === 'date') return `'"' || split_part(${text}, 'T', 1) || '"'`
  const format = type?.kind === 'timestamp' ? writtenFormat(timeFormatsOf(type)) : 'rfc3339'
  if (!isUnit(format)) {
    const zone = isLocal && (format === 'iso' || format === 'auto') ? '' : 'Z'
    const json = `'"' || ${text} || '${zone}"'`
    return format === 'mongo' ? `'{"$date":' || ${json} || '}'` : json
  }
  const number =
    format === 'ns'
      ? `${nanos ?? `epoch_us(${instant})::HUGEINT * 1000`}`
      : `${micros}::DECIMAL(20, 0) * ${UNITS[format]}`
  // An instant that is infinite has no number.
  return `CASE WHEN isfinite(${instant}) THEN (${number})::VARCHAR ELSE ${jsonString(`${instant}::VARCHAR`)} END`
}

/** Whether the column sets a zone for times that state none. */
function hasZone(type: ColumnType | undefined): boolean {
  return type !== undefined && 'zone' in type
}

function floorDivide(value: string, by: number): string {
  const wide = `${value}::HUGEINT`
  return `((${wide} - ((${wide} % ${by}) + ${by}) % ${by}) // ${by})`
}

/** Days that DuckDB cannot make an instant of are left for the decoder to refuse. */
function dayAsInstant(cell: string, type: ColumnType): string {
  const instant = `TRY_CAST(${cell} AS TIMESTAMP)`
  return `CASE WHEN ${instant} IS NULL THEN ${jsonString(`${cell}::VARCHAR`)} ELSE ${instantAs(instant, undefined, type, hasZone(type))} END`
}

function jsonString(text: string): string {
  return `to_json(${text})::VARCHAR`
}
