import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { ColumnDefinition, StreamDefinition } from '../../core/model/stream.ts'
import { openEventStream } from '../event/event-stream.ts'
import { mapColumns } from './column-map.ts'
import { type CellRules, NULLS, NULLS_OF_VALUES } from './csv-cells.ts'
import { type CsvGrammar, type CsvRecord, CsvRecords } from './csv-records.ts'
import { rowWriter } from './csv-rows.ts'
import { type FileOptions, invalidOption } from './file-options.ts'
import { detectNumberForm } from './number-text.ts'

/** All that decides how a CSV file is read, its encoding aside. */
export interface CsvDialect extends CsvGrammar, CellRules {
  readonly skipLines: number
  readonly header: boolean
  /** One for each column of the file. */
  readonly columns: readonly string[]
  readonly definitions: readonly (ColumnDefinition | undefined)[]
}

const DELIMITERS = [',', ';', '\t', '|'] as const
const SEPARATOR_LINE = /^"?sep=([^\r\n"])"?[ \t]*(?:\r\n?|\n)/i

/**
 * Finds out how a CSV file is written, from its first megabyte. Delimiter and quote are DuckDB's sniffer's finding,
 * unless another delimiter makes the header name more of the stream's columns; a line `sep=;` at the top says it.
 * The first record is the header where it names a column of the stream; it is data where it makes an event.
 *
 * @param text the beginning of the file
 * @param stream whose columns the file has; `undefined` where that is to be found out
 * @throws Error where the file is empty, has a header that names a column twice, or none and no names are given
 * @throws FILE_OPTION_INVALID where an option does not fit the file
 */
export async function detectDialect(
  text: string,
  stream: StreamDefinition | undefined,
  options: FileOptions,
  isTabbed: boolean,
): Promise<CsvDialect> {
  const separator = options.skipLines === undefined ? SEPARATOR_LINE.exec(text) : null
  const skipLines = options.skipLines ?? (separator === null ? 0 : 1)
  const body = withoutLines(text, skipLines)
  const sniffed = await sniff(body)
  const delimiter =
    options.delimiter ?? separator?.[1] ?? chooseDelimiter(body, isTabbed ? '\t' : sniffed.delimiter, stream)
  const quote = options.quote ?? (sniffed.quote === "'" && !body.includes('"') ? "'" : '"')
  const grammar: CsvGrammar = {
    delimiter,
    quote,
    escape: options.escape ?? (sniffed.escape === '\\' ? '\\' : quote),
  }
  const records = sampleRecords(body, grammar)
  const first = records[0]
  if (first === undefined) throw new Error('it has no header and no row')
  if (first.fault !== undefined)
    throw new Error(`its header in line ${first.line + skipLines} cannot be read: ${first.fault}`)
  const rules = (definitions: CsvDialect['definitions'], rows: readonly CsvRecord[]): CellRules => ({
    nulls: options.nulls ?? NULLS,
    nullsOfValues: options.nulls === undefined ? NULLS_OF_VALUES : [],
    ...numberForm(definitions, rows, options),
  })
  const { header, columns } = findHeader(records, stream, options, rules)
  const definitions =
    stream === undefined ? columns.map(() => undefined) : mapTo(columns, header, stream, options)
  const rows = records.slice(header ? 1 : 0)
  return { ...grammar, skipLines, header, columns, definitions, ...rules(definitions, rows) }
}

function withoutLines(text: string, count: number): string {
  let rest = text
  for (let line = 0; line < count; line++) rest = rest.replace(/^[^\r\n]*(?:\r\n?|\n)?/, '')
  return rest
}

interface Sniffed {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
}

/** DuckDB's opinion; the common case where it has none. */
async function sniff(text: string): Promise<Sniffed> {
  // It takes a file, of one kind of line end.
  const path = join(tmpdir(), `twofold-head-${process.pid}-${Math.random().toString(36).slice(2)}.csv`)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' })
  try {
    await writeFile(path, text.replace(/\r\n?/g, '\n'), { flag: 'wx', mode: 0o600 })
    const connection = await instance.connect()
    const reader = await connection.runAndReadAll(
      `SELECT Delimiter, Quote, Escape FROM sniff_csv('${path.replaceAll("'", "''")}', ignore_errors = true, strict_mode = false, all_varchar = true)`,
    )
    const [delimiter, quote = '"', escapes = '"'] = (reader.getRows()[0] ?? []).map(String)
    connection.closeSync()
    const known = DELIMITERS.find(
      candidate => candidate === delimiter || (candidate === '\t' && delimiter === '\\t'),
    )
    return { delimiter: known ?? ',', quote, escape: escapes }
  } catch {
    return { delimiter: ',', quote: '"', escape: '"' }
  } finally {
    instance.closeSync()
    await rm(path, { force: true })
  }
}

/** The delimiter by which the first record names the most columns of the stream; the one sniffed where that is equal. */
function chooseDelimiter(body: string, sniffed: string, stream: StreamDefinition | undefined): string {
  const score = (delimiter: string): number => {
    const cells =
      sampleRecords(body.slice(0, 1 << 16), { delimiter, quote: '"', escape: '"' }, 1)[0]?.cells ?? []
    return stream === undefined ? 0 : mapColumns(cells, stream).filter(found => found !== undefined).length
  }
  const best = [sniffed, ...DELIMITERS].map(delimiter => ({ delimiter, score: score(delimiter) }))
  return best.reduce((one, other) => (other.score > one.score ? other : one)).delimiter
}

const SAMPLE_RECORDS = 5000

function sampleRecords(text: string, grammar: CsvGrammar, limit = SAMPLE_RECORDS): CsvRecord[] {
  const reader = new CsvRecords(grammar, Number.MAX_SAFE_INTEGER)
  return [...reader.push(text), ...reader.finish()].slice(0, limit)
}

function numberForm(
  definitions: CsvDialect['definitions'],
  rows: readonly CsvRecord[],
  options: FileOptions,
) {
  const isNumeric = (index: number) => {
    const kind = definitions[index]?.type.kind
    return kind === undefined || ['int32', 'int64', 'uint64', 'float64', 'decimal'].includes(kind)
  }
  const declared = definitions.some(definition => definition !== undefined)
  const cells = rows.flatMap(({ cells }) =>
    cells.filter((_, index) => isNumeric(index) && (!declared || definitions[index] !== undefined)),
  )
  const found = detectNumberForm(cells)
  const decimal = options.decimal ?? found.decimal
  const thousands = options.thousands ?? (found.thousands === decimal ? '' : found.thousands)
  return { decimal, thousands }
}

type RulesOf = (definitions: CsvDialect['definitions'], rows: readonly CsvRecord[]) => CellRules

function findHeader(
  records: readonly CsvRecord[],
  stream: StreamDefinition | undefined,
  options: FileOptions,
  rules: RulesOf,
): Pick<CsvDialect, 'header' | 'columns'> {
  const first = records[0]!.cells
  const header =
    options.header ?? (options.columns === undefined ? isHeader(records, stream, options, rules) : undefined)
  if (options.columns !== undefined) {
    // Names are given: the first record may still be the old ones.
    const isNames = header ?? (stream !== undefined && namesColumns(first, stream))
    return { header: isNames, columns: named(options.columns, first.length) }
  }
  if (header === true) return { header, columns: headerNames(first) }
  if (stream === undefined) return { header: false, columns: first.map((_, index) => `column${index + 1}`) }
  const names = stream.columns.map(({ name }) => name)
  const isSchema = first.length === names.length
  // The order of the schema's columns is a guess: most rows have to bear it out, or the user has to say so.
  if (isSchema && (options.header === false || 2 * eventsAsSchema(records, stream, rules) >= records.length))
    return { header: false, columns: names }
  const why = isSchema
    ? `its rows are no events with the columns of ${stream.topic} in their order`
    : `it has ${first.length} columns, and the stream ${stream.topic} ${names.length}`
  throw new Error(
    `it seems to have no header, and ${why}; name its columns in order with --columns (${names.join(',')}), or say --header if line 1 is one`,
  )
}

function named(columns: readonly string[], count: number): readonly string[] {
  const twice = columns.find((name, index) => columns.indexOf(name) !== index)
  if (twice !== undefined)
    throw invalidOption(`--columns ${columns.join(',')}`, `it names ${JSON.stringify(twice)} twice`)
  if (columns.length === count) return columns
  throw invalidOption(
    `--columns ${columns.join(',')}`,
    `it names ${columns.length} columns, and the file has ${count}`,
  )
}

function isHeader(
  records: readonly CsvRecord[],
  stream: StreamDefinition | undefined,
  options: FileOptions,
  rules: RulesOf,
): boolean {
  const first = records[0]!.cells
  if (stream === undefined) return !first.some(looksLikeValue) && new Set(first).size === first.length
  if (namesColumns(first, stream) || Object.keys(options.map ?? {}).some(name => first.includes(name)))
    return true
  return eventsAsSchema(records.slice(0, 1), stream, rules) === 0 && !first.some(looksLikeValue)
}

/** How many records are events if their columns are those of the schema, in its order. */
function eventsAsSchema(records: readonly CsvRecord[], stream: StreamDefinition, rules: RulesOf): number {
  const columns = stream.columns.map(({ name }) => name)
  const whole = records.filter(({ cells, fault }) => fault === undefined && cells.length === columns.length)
  const write = rowWriter({ columns, definitions: stream.columns, ...rules(stream.columns, whole) })
  return openEventStream(stream).check(whole.map(record => Buffer.from(write(record)))).events.length
}

function namesColumns(cells: readonly string[], stream: StreamDefinition): boolean {
  return mapColumns(
    cells.map(name => name.trim()),
    stream,
  ).some(definition => definition !== undefined)
}

/** A number or a time: no name of a column. */
function looksLikeValue(cell: string): boolean {
  return /^\s*[+-]?[\d.,]*\d[\d.,]*\s*$/.test(cell) || /^\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}/.test(cell)
}

/** Columns without a name, which spreadsheets leave behind, are named by their number. */
function headerNames(cells: readonly string[]): string[] {
  if (cells.every(cell => cell.trim() === '')) throw new Error('it has no header')
  const names = cells.map((cell, index) => (cell.trim() === '' ? `column${index + 1}` : cell.trim()))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined)
    throw new Error(
      `its header names the column ${JSON.stringify(twice)} twice; name all columns with --header --columns`,
    )
  return names
}

function mapTo(columns: readonly string[], header: boolean, stream: StreamDefinition, options: FileOptions) {
  const definitions = mapColumns(columns, stream, options.map)
  if (header || options.columns !== undefined || options.map !== undefined) return definitions
  return [...stream.columns]
}
