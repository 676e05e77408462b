import type { ColumnType, EpochUnit, TimeFormat } from '../../core/model/column-type.ts'

/** A column of a file, with DuckDB's name of its type. */
export interface FileColumn {
  readonly name: string
  readonly type: string
}

const JSON_NUMBER = '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?'
const LOCAL_TIME = '[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?'
const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}'

const MICROSECONDS_IN: Record<EpochUnit, string> = { s: '0.000001', ms: '0.001', us: '1', ns: '1000' }

/**
 * The DuckDB expression that yields a cell as JSON text, exactly, in the form that the schema's type asks for; for a
 * column that is not in the schema (`type` is `undefined`), as it is. A value that cannot have that form becomes a
 * JSON string or stays a number, for the decoder to refuse with its reason.
 */
export function cellJson(column: FileColumn, type: ColumnType | undefined): string {
  const cell = quoteIdentifier(column.name)
  return `coalesce(${jsonOf(cell, column.type, type)}, 'null')`
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function jsonOf(cell: string, fileType: string, type: ColumnType | undefined): string {
  if (fileType === 'VARCHAR') return type === undefined ? jsonString(cell) : textAs(cell, type)
  if (/^TIMESTAMP/.test(fileType)) {
    const isLocal = !fileType.endsWith('WITH TIME ZONE') && type !== undefined && 'zone' in type
    return instantAs(`make_timestamp(epoch_us(${cell}))`, type, isLocal)
  }
  if (fileType === 'DATE') return dayAs(cell, type)
  if (type?.kind === 'string' || type?.kind === 'enum') return jsonString(`${cell}::VARCHAR`)
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL.*|BOOLEAN)$/.test(fileType)) return `${cell}::VARCHAR`
  // Infinities and NaN are no JSON numbers.
  if (/^(FLOAT|DOUBLE)$/.test(fileType))
    return `CASE WHEN isfinite(${cell}) THEN ${cell}::VARCHAR ELSE ${jsonString(`${cell}::VARCHAR`)} END`
  if (/^(STRUCT|MAP|JSON|UNION)|\]$/.test(fileType)) return `to_json(${cell})::VARCHAR`
  return jsonString(`${cell}::VARCHAR`)
}

/** A cell of text, as all cells of a CSV file are. */
function textAs(cell: string, type: ColumnType): string {
  switch (type.kind) {
    case 'string':
    case 'text':
    case 'enum':
    case 'uuid':
    case 'date':
      return jsonString(cell)
    case 'bool':
      return `CASE WHEN lower(${cell}) IN ('true', 'false') THEN lower(${cell}) ELSE ${jsonString(cell)} END`
    case 'timestamp':
      // What may be written in several formats, the decoder reads as it stands.
      if ('formats' in type) return jsonString(cell)
      return type.format === 'rfc3339' ? textAsInstant(cell) : textAsNumber(cell)
    default:
      return textAsNumber(cell)
  }
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

/** @param isLocal that the file states no zone, and the column does: then the decoder is to read it there */
function instantAs(instant: string, type: ColumnType | undefined, isLocal = false): string {
  if (type?.kind === 'date') return jsonString(`${instant}::DATE::VARCHAR`)
  const format = type?.kind === 'timestamp' ? writtenFormat(type) : 'rfc3339'
  if (format in MICROSECONDS_IN)
    return `(epoch_us(${instant})::DECIMAL(20, 0) * ${MICROSECONDS_IN[format as EpochUnit]})::VARCHAR`
  // Digits and signs only: no need for the care of to_json.
  const zone = isLocal && (format === 'iso' || format === 'auto') ? '' : 'Z'
  const text = `'"' || replace(${instant}::VARCHAR, ' ', 'T') || '${zone}"'`
  return format === 'mongo' ? `'{"$date": ' || ${text} || '}'` : text
}

/** The format in which an instant of a file is written for the decoder. */
function writtenFormat(type: Extract<ColumnType, { kind: 'timestamp' }>): TimeFormat {
  if (!('formats' in type)) return type.format
  return type.formats.find(format => format !== 'rfc1123' && !format.includes('%')) ?? 'rfc3339'
}

function dayAs(cell: string, type: ColumnType | undefined): string {
  return type?.kind === 'timestamp'
    ? instantAs(`${cell}::TIMESTAMP`, type, 'zone' in type)
    : jsonString(`${cell}::VARCHAR`)
}

function jsonString(text: string): string {
  return `to_json(${text})::VARCHAR`
}
