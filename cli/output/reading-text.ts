import { type ColumnType, timeFormatsOf } from '../../core/model/column-type.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { FileReading } from '../../ingest/file/file-options.ts'

/** How a file is read, for people: what was found or set, each with the option that sets it otherwise. */
export function readingText(path: string, reading: FileReading, stream: StreamDefinition): string {
  const { format, container, entry, encoding, records, columns } = reading
  const packed =
    container === undefined ? '' : ` in ${container}${entry === undefined ? '' : ` (--entry ${entry})`}`
  const lines = [`${path}: ${format === 'ndjson' ? 'NDJSON' : format.toUpperCase()}${packed}`]
  if (encoding !== undefined) lines.push(`encoding ${encoding} (--encoding)`)
  if (format === 'csv') lines.push(...dialectLines(reading))
  if (format === 'json')
    lines.push(
      `events: ${records === undefined ? 'one value after another' : `the list at ${records === '' ? 'the top' : records}`} (--records)`,
    )
  const time = stream.columns.find(({ name }) => name === stream.time)
  if (time?.type.kind === 'timestamp') lines.push(`time ${stream.time}: ${timeText(time.type)}`)
  if (columns !== undefined) lines.push(...columnLines(columns, stream))
  return lines.join('\n  ')
}

function dialectLines(reading: FileReading): string[] {
  const { delimiter, quote, header, skipLines, decimal, thousands, nulls = [], nullsOfValues = [] } = reading
  const skipped = skipLines ? `, after ${skipLines} ${skipLines === 1 ? 'line' : 'lines'} (--skip-lines)` : ''
  const words = [
    ...(nulls.length > 0 ? [nulls.join(' ')] : []),
    ...(nullsOfValues.length > 0 ? [`where no text is expected: ${nullsOfValues.join(' ')}`] : []),
  ]
  return [
    `delimiter ${shown(delimiter)} (--delimiter), quote ${shown(quote)} (--quote), header ${header ? 'yes' : 'no'}${skipped} (--header, --no-header)`,
    `decimal sign ${shown(decimal)} (--decimal), thousands ${shown(thousands)} (--thousands)`,
    `null: empty cells${words.map(word => `; ${word}`).join('')} (--null)`,
  ]
}

function shown(sign: string | undefined): string {
  return sign === undefined || sign === '' ? 'none' : JSON.stringify(sign)
}

function timeText(type: Extract<ColumnType, { kind: 'timestamp' }>): string {
  const formats = timeFormatsOf(type)
  if (formats.length === 1 && formats[0] === 'rfc3339')
    return 'RFC 3339; in a table also without a zone, then in UTC'
  const zone = 'zone' in type ? `; without a zone in ${type.zone}` : ''
  return `format ${formats.join(', or ')}${zone}`
}

function columnLines(columns: NonNullable<FileReading['columns']>, stream: StreamDefinition): string[] {
  const taken = columns.filter(({ column }) => column !== null)
  const kept = columns.filter(({ column }) => column === null).map(({ file }) => file)
  const missing = stream.columns
    .map(({ name }) => name)
    .filter(name => !taken.some(({ column }) => column === name))
  const pairs = taken.map(({ file, column }) => (file === column ? file : `${file} → ${column}`))
  return [
    `columns: ${pairs.join(', ') || 'none'} (--map)`,
    ...(kept.length > 0 ? [`kept as they are, not in the stream: ${kept.join(', ')}`] : []),
    ...(missing.length > 0 ? [`not in the file: ${missing.join(', ')}`] : []),
  ]
}
