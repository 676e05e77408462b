import { tmpdir } from 'node:os'
import { performance } from 'node:perf_hooks'
import { DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { duckdbVectorType } from '../../../core/io/duckdb/column-feed.ts'
import { openDuckDB } from '../../../core/io/duckdb/session.ts'
import { VECTOR_ROWS, writeVector } from '../../../core/io/duckdb/vector-writer.ts'
import type { ColumnBatch } from '../../../core/model/column-batch.ts'
import { columnVector } from '../../support/column-vectors.ts'

/** What one way of feeding costs, the median over all rounds. */
export interface FeedResult {
  readonly contender: string
  readonly totalMs: number
  /** Of that, the time in which the JavaScript thread could do nothing else. */
  readonly javascriptMs: number
}

const ROWS = 50_000
const ROUNDS = 30
const READ_ALL = 'SELECT max(country), max(url), max(ts), max(user_id), max(amount), max(weight) FROM batch'
const FOLD = `SELECT date_trunc('minute', ts) AS minute, country, count(*), sum(amount), sum(weight), max(url)
  FROM batch GROUP BY ALL`

/**
 * Two ways of handing the same batch (50,000 rows, six columns, two of them strings) to DuckDB, each with a
 * statement that reads every column and one that folds.
 */
export async function benchFeed(): Promise<FeedResult[]> {
  const batch = sampleBatch()
  return [...(await throughTableFunction(batch)), ...(await throughAppender(batch))]
}

function sampleBatch(): ColumnBatch {
  const rows = <T>(value: (row: number) => T) => Array.from({ length: ROWS }, (_, row) => value(row))
  return {
    rows: ROWS,
    columns: [
      columnVector(
        'country',
        { kind: 'string' },
        rows(row => ['DE', 'FR', 'United States'][row % 3]!),
      ),
      columnVector(
        'url',
        { kind: 'string' },
        rows(row => `https://shop.example/products/${row % 997}?session=${row}`),
      ),
      columnVector(
        'ts',
        { kind: 'timestamp', format: 'ms' },
        rows(row => 1_700_000_000_000_000n + BigInt(row) * 1000n),
      ),
      columnVector(
        'user_id',
        { kind: 'uint64' },
        rows(row => BigInt((row * 7919) % 10_007)),
      ),
      columnVector(
        'amount',
        { kind: 'decimal', precision: 18, scale: 2 },
        rows(row => (row % 17 === 0 ? null : BigInt(row % 5000))),
      ),
      columnVector(
        'weight',
        { kind: 'float64' },
        rows(row => row / 3),
      ),
    ],
  }
}

async function throughTableFunction(batch: ColumnBatch): Promise<FeedResult[]> {
  const database = await openDuckDB({ threads: 1, memoryLimitMb: 1000, tempDirectory: tmpdir() })
  const session = await database.session()
  const feedAnd = (sql: string) => async () => {
    await session.load('batch', batch)
    await session.run(sql)
  }
  const results = [
    await measure('table function, read all', feedAnd(READ_ALL)),
    await measure('table function, fold', feedAnd(FOLD)),
    await measure(
      'table function, copied to a table',
      feedAnd('CREATE OR REPLACE TEMP TABLE copied AS FROM batch'),
    ),
  ]
  await database.close()
  return results
}

async function throughAppender(batch: ColumnBatch): Promise<FeedResult[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  const types = batch.columns.map(column => duckdbVectorType(column.type))
  const columns = batch.columns.map((column, index) => `${column.name} ${types[index]}`).join(', ')
  const chunk = DuckDBDataChunk.create(types)
  const load = async () => {
    await connection.run(`CREATE OR REPLACE TEMP TABLE batch (${columns})`)
    const appender = await connection.createAppender('batch', 'main', 'temp')
    for (let start = 0; start < batch.rows; start += VECTOR_ROWS) {
      const count = Math.min(VECTOR_ROWS, batch.rows - start)
      chunk.reset()
      chunk.rowCount = count
      batch.columns.forEach((column, index) => {
        writeVector(duckdb.data_chunk_get_vector(chunk.chunk, index), column, start, count)
      })
      appender.appendDataChunk(chunk)
    }
    appender.closeSync()
  }
  const feedAnd = (sql: string) => async () => {
    await load()
    await connection.run(sql)
  }
  const results = [
    await measure('appended chunks, load alone', load),
    await measure('appended chunks, read all', feedAnd(READ_ALL)),
    await measure('appended chunks, fold', feedAnd(FOLD)),
  ]
  connection.closeSync()
  instance.closeSync()
  return results
}

async function measure(contender: string, once: () => Promise<void>): Promise<FeedResult> {
  const totals: number[] = []
  const busy: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.eventLoopUtilization()
    const start = performance.now()
    await once()
    totals.push(performance.now() - start)
    busy.push(performance.eventLoopUtilization(before).active)
  }
  return { contender, totalMs: median(totals), javascriptMs: median(busy) }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
