import { DuckDBInstance } from '@duckdb/node-api'

/** Writes the answer of a DuckDB SELECT as an lz4 Parquet file, by default of one row group. */
export async function writeParquet(path: string, select: string, rowGroupRows = 1_000_000): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `COPY (${select}) TO '${path}' (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE ${rowGroupRows})`,
  )
  connection.closeSync()
  instance.closeSync()
}
