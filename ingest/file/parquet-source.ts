import { resolve } from 'node:path'
import { type DuckDBBlobVector, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { type FileColumn, quoteText } from './cell-json.ts'
import { isLiteralMap, mapColumns } from './column-map.ts'
import type { FileOptions } from './file-options.ts'
import { BATCH_ROWS, type FileSource, type RowBatch, type UnreadableRows, unreadable } from './file-source.ts'
import { rowJsonSql } from './row-json.ts'

const MEMORY_LIMIT = '512MB'

/** Parquet, read by DuckDB: a row becomes a JSON event of the stream. */
export async function openParquetSource(
  path: string,
  stream: StreamDefinition,
  options: FileOptions,
): Promise<FileSource> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: MEMORY_LIMIT })
  try {
    const connection = await instance.connect()
    const file = quoteText(literalPath(path))
    // Folders named like `day=1` are no columns.
    const table = `read_parquet(${file}, hive_partitioning = false)`
    const columns = await columnsOf(connection, table)
    const names = columns.map(({ name }) => name)
    const definitions = mapColumns(names, stream, options.map)
    const totalRows = await countRows(connection, file)
    const json = rowJsonSql(columns, definitions, stream)
    return {
      ...{ totalRows, size: totalRows, rowName: 'row' },
      reading: {
        format: 'parquet',
        columns: names.map((name, index) => ({ file: name, column: definitions[index]?.name ?? null })),
      },
      fingerprint: isLiteralMap(names, definitions) ? '' : JSON.stringify(definitions),
      batches: (start, end) => readRows(connection, path, table, json, { start, end }),
      unreadableRows: () => noUnreadableRows,
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

const noUnreadableRows = Promise.resolve<UnreadableRows>({ count: 0, samples: [] })

async function columnsOf(connection: DuckDBConnection, table: string): Promise<FileColumn[]> {
  const reader = await connection.runAndReadAll(`SELECT * FROM ${table} LIMIT 0`)
  const types = reader.columnTypes()
  return reader.columnNames().map((name, index) => ({ name, type: types[index]! }))
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
      yield { rows, values, end: row }
      rows = []
      values = []
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (rows.length > 0) yield { rows, values, end: row }
}

/** DuckDB reads `*`, `?` and `[` in a path as a pattern, and so other files, but not each within brackets. */
function literalPath(path: string): string {
  return resolve(path).replace(/[*?[]/g, '[$&]')
}
