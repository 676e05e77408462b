import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type DuckDBBlobVector, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { FileColumn } from './cell-json.ts'
import { readCsvHeader } from './csv-header.ts'
import { BATCH_ROWS, type FileSource, type RowBatch, type UnreadableRows, unreadable } from './file-source.ts'
import { definitionOf, rowJsonSql } from './row-json.ts'

export type TableFormat = 'csv' | 'tsv' | 'parquet'

const MAX_SAMPLES = 20
const DELIMITERS = { csv: ',', tsv: '\t' }
const MEMORY_LIMIT = '512MB'

/** CSV (RFC 4180, with a header), TSV and Parquet, read by DuckDB: a row becomes a JSON event of the stream. */
export async function openTableSource(
  path: string,
  format: TableFormat,
  stream: StreamDefinition,
): Promise<FileSource> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: MEMORY_LIMIT })
  try {
    const connection = await instance.connect()
    const file = text(literalPath(path))
    // Folders named like `day=1` are no columns.
    const parquet = `read_parquet(${file}, hive_partitioning = false)`
    const columns =
      format === 'parquet' ? await parquetColumns(connection, parquet) : await csvColumns(path, format)
    const table = format === 'parquet' ? parquet : csvTable(file, format, columns, stream)
    const totalRows = format === 'parquet' ? await countRows(connection, file) : undefined
    const size = totalRows ?? (await stat(path)).size
    if (totalRows === undefined) await connection.run(WATCH_PROGRESS)
    const endAt = totalRows === undefined ? bytesRead(connection, size) : (nextRow: number) => nextRow
    const json = rowJsonSql(columns, stream)
    return {
      ...{ totalRows, size, rowName: 'row' },
      batches: (start, end) => readRows(connection, path, table, json, { start, end }, endAt),
      unreadableRows: () => (format === 'parquet' ? noUnreadableRows : csvRejects(connection)),
      close: async () => {
        connection.closeSync()
        instance.closeSync()
      },
    }
  } catch (cause) {
    instance.closeSync()
    throw unreadable(path, cause)
  }
}

/** DuckDB tells how far a query is while it would show a bar; none is printed. */
const WATCH_PROGRESS = 'SET enable_progress_bar = true; SET enable_progress_bar_print = false'

/** Bytes of a text file, compressed ones where it is, that DuckDB has read, by its own estimate; it never goes back. */
function bytesRead(connection: DuckDBConnection, size: number): () => number {
  let most = 0
  return () => {
    const share = Math.min(1, connection.progress.percentage / 100)
    most = Math.max(most, Math.round(size * share))
    return most
  }
}

const noUnreadableRows = Promise.resolve<UnreadableRows>({ count: 0, samples: [] })

/**
 * CSV, with nothing left to guess. Every cell is text; a row with too many or too few cells is set aside, not fatal.
 * An empty cell is NULL, but the empty text where the schema asks for a text.
 */
function csvTable(
  file: string,
  format: 'csv' | 'tsv',
  columns: readonly FileColumn[],
  stream: StreamDefinition,
): string {
  const names = columns.map(({ name }) => `${text(name)}: 'VARCHAR'`).join(', ')
  const required = columns.filter(({ name }) => isRequiredText(name, stream)).map(({ name }) => text(name))
  const delimiter = DELIMITERS[format]
  return `read_csv(${file}, header = true, delim = ${text(delimiter)}, quote = '"', escape = '"', auto_detect = false, columns = {${names}},
    force_not_null = [${required.join(', ')}], allow_quoted_nulls = false, store_rejects = true, rejects_limit = 0, hive_partitioning = false)`
}

function isRequiredText(name: string, stream: StreamDefinition): boolean {
  const column = definitionOf(name, stream)
  const isText = column?.type.kind === 'string' || column?.type.kind === 'text'
  return isText && !column?.optional && column?.default === undefined
}

async function csvColumns(path: string, format: 'csv' | 'tsv'): Promise<FileColumn[]> {
  const names = await readCsvHeader(path, DELIMITERS[format])
  return names.map(name => ({ name, type: 'VARCHAR' }))
}

async function parquetColumns(connection: DuckDBConnection, table: string): Promise<FileColumn[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`)
  return reader.getRows().map(row => ({ name: String(row[0]), type: String(row[1]) }))
}

async function countRows(connection: DuckDBConnection, file: string): Promise<number> {
  const reader = await connection.runAndReadAll(`SELECT num_rows FROM parquet_file_metadata(${file})`)
  return Number(reader.getRows()[0]![0])
}

async function* readRows(
  connection: DuckDBConnection,
  path: string,
  table: string,
  json: string,
  { start, end }: { readonly start: number; readonly end: number },
  endAt: (nextRow: number) => number,
): AsyncGenerator<RowBatch> {
  const limit = Number.isFinite(end) ? ` LIMIT ${Math.max(0, end - start)}` : ''
  // encode() gives the bytes of the text; a cast to BLOB would read backslashes as escapes.
  const sql = `SELECT encode(${json}) FROM (SELECT * FROM ${table}${limit} OFFSET ${start})`
  let row = start
  let rows: number[] = []
  let values: Uint8Array[] = []
  try {
    const result = await connection.stream(sql)
    for (;;) {
      const chunk = await result.fetchChunk()
      // Asked for once: each access crosses into native code.
      const rowCount = chunk?.rowCount ?? 0
      if (chunk === null || rowCount === 0) break
      const column = chunk.getColumnVector(0) as DuckDBBlobVector
      for (let index = 0; index < rowCount; index++) {
        rows.push(row++)
        values.push(column.getItem(index)!.bytes)
      }
      if (rows.length < BATCH_ROWS) continue
      yield { rows, values, end: endAt(row) }
      rows = []
      values = []
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (rows.length > 0) yield { rows, values, end: endAt(row) }
}

async function csvRejects(connection: DuckDBConnection): Promise<UnreadableRows> {
  const reader = await connection.runAndReadAll(
    `SELECT line, first(error_message ORDER BY column_idx), count(*) OVER () FROM reject_errors
     GROUP BY line ORDER BY line LIMIT ${MAX_SAMPLES}`,
  )
  const rows = reader.getRows()
  return {
    count: Number(rows[0]?.[2] ?? 0),
    samples: rows.map(row => ({ line: Number(row[0]), detail: String(row[1]) })),
  }
}

/** DuckDB reads `*`, `?` and `[` in a path as a pattern, and so other files, but not each within brackets. */
function literalPath(path: string): string {
  return resolve(path).replace(/[*?[]/g, '[$&]')
}

function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
