import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { ColumnBatch } from '../../model/column-batch.ts'
import { TwofoldError } from '../../model/errors.ts'
import { ColumnFeed } from './column-feed.ts'
import { duckdbError } from './errors.ts'
import { copyStatement, type ParquetOptions, type ResultColumn, refuseInexactTypes } from './parquet.ts'
import { plainValue } from './plain-value.ts'
import { sweepScratchFiles, throughScratchFile } from './scratch-file.ts'

export interface DuckDBOptions {
  readonly threads: number
  readonly memoryLimitMb: number
  /** Where DuckDB spills what exceeds its memory. */
  readonly tempDirectory: string
}

/** A DuckDB database in memory. */
export interface DuckDB {
  /** A session: one connection, with temporary relations of its own. */
  session(): Promise<DuckDBSession>
  /** Closes all sessions, then the database. */
  close(): Promise<void>
}

/**
 * One connection. It runs one statement at a time: calls take their turn in the order they are made.
 * Each method raises DUCKDB_FAILED, DUCKDB_OUT_OF_MEMORY or DUCKDB_INTERRUPTED with DuckDB's reason.
 */
export interface DuckDBSession {
  /** Runs one or more statements and drops what they answer. */
  run(sql: string): Promise<void>
  /** The rows of a statement as plain objects, without loss: see `plainValue` for how each type comes back. */
  rows<Row = Record<string, unknown>>(sql: string): Promise<Row[]>
  /** The columns that a single statement would yield; it is bound, not run. */
  columns(sql: string): Promise<ResultColumn[]>
  /**
   * Makes `relation` a relation of this session that yields the rows of `batches` in their order; all have the same
   * columns. It replaces one of that name. They are read when a statement scans them and must stay as they are until
   * the next `load`.
   */
  load(relation: string, ...batches: readonly [ColumnBatch, ...ColumnBatch[]]): Promise<void>
  /** What `selectSql` yields, as the bytes of a Parquet file. @throws PARQUET_TYPE_INEXACT for 128-bit integers */
  copyToParquet(selectSql: string, options: ParquetOptions): Promise<Uint8Array>
  /** Writes what `selectSql` yields to the file `path`, in place. Raises as `copyToParquet` does. */
  copyToParquetFile(selectSql: string, path: string, options: ParquetOptions): Promise<void>
  /** Stops the statement that is running, which fails with DUCKDB_INTERRUPTED; one yet to begin is not stopped. */
  interrupt(): void
  /** Stops the statement that is running, refuses those that wait, and closes the connection. */
  close(): Promise<void>
}

/**
 * Opens a database in memory, set up so that the same statement over the same rows yields the same values
 * everywhere, that nothing is ever fetched from a network, and that no statement can change either.
 */
export async function openDuckDB(options: DuckDBOptions): Promise<DuckDB> {
  await sweepScratchFiles()
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    memory_limit: `${options.memoryLimitMb}MB`,
    temp_directory: options.tempDirectory,
    // Needed for Parquet files. Expressions of users never reach one: they call functions of an allow-list only.
    enable_external_access: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_persistent_secrets: 'false',
    preserve_insertion_order: 'true',
    default_null_order: 'nulls_last',
    default_order: 'asc',
    // x / 0 is NULL, as it is for integers: an infinity would spoil every sum it enters.
    ieee_floating_point_ops: 'false',
    integer_division: 'false',
    old_implicit_casting: 'false',
  })
  await pinSettings(instance)
  const sessions = new Set<DuckDBSession>()
  let opened = 0
  return {
    async session() {
      // Table functions are the database's, not the connection's: each session needs a name of its own for its feed.
      const session = new Session(await instance.connect(), `twofold_feed_${opened++}`, () =>
        sessions.delete(session),
      )
      sessions.add(session)
      return session
    },
    async close() {
      await Promise.all([...sessions].map(session => session.close()))
      instance.closeSync()
    },
  }
}

/** Settings that the database does not take when it is opened; the last one makes all of them final. */
async function pinSettings(instance: DuckDBInstance): Promise<void> {
  const connection = await instance.connect()
  await connection.run(`
    SET GLOBAL TimeZone = 'UTC';
    SET GLOBAL Calendar = 'gregorian';
    SET GLOBAL disable_timestamptz_casts = true;
    SET GLOBAL lock_configuration = true`)
  connection.closeSync()
}

const INTERRUPT_EVERY_MS = 5

class Session implements DuckDBSession {
  readonly #connection: DuckDBConnection
  readonly #feed: ColumnFeed
  readonly #forget: () => void
  /** The shapes of statements that were found to yield exact types. */
  readonly #exactShapes = new Set<string>()
  #lastTurn: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(connection: DuckDBConnection, feedName: string, forget: () => void) {
    this.#connection = connection
    this.#forget = forget
    this.#feed = new ColumnFeed(connection, feedName)
  }

  run(sql: string): Promise<void> {
    return this.#inTurn(sql, async () => {
      await this.#connection.run(sql)
    })
  }

  rows<Row>(sql: string): Promise<Row[]> {
    return this.#inTurn(sql, async () => {
      const reader = await this.#connection.runAndReadAll(sql)
      return reader.convertRowObjects(plainValue) as Row[]
    })
  }

  columns(sql: string): Promise<ResultColumn[]> {
    return this.#inTurn(sql, () => this.#columnsOf(sql))
  }

  load(relation: string, ...batches: readonly [ColumnBatch, ...ColumnBatch[]]): Promise<void> {
    return this.#inTurn(`load ${relation}`, async () => {
      await this.#connection.run(this.#feed.set(relation, batches))
    })
  }

  copyToParquet(selectSql: string, options: ParquetOptions): Promise<Uint8Array> {
    return throughScratchFile(path => this.copyToParquetFile(selectSql, path, options))
  }

  copyToParquetFile(selectSql: string, path: string, options: ParquetOptions): Promise<void> {
    const sql = copyStatement(selectSql, path, options)
    return this.#inTurn(sql, async () => {
      if (options.shape === undefined || !this.#exactShapes.has(options.shape)) {
        refuseInexactTypes(await this.#columnsOf(selectSql))
        if (options.shape !== undefined) this.#exactShapes.add(options.shape)
      }
      await this.#connection.run(sql)
    })
  }

  interrupt(): void {
    if (this.#closing === undefined) this.#connection.interrupt()
  }

  close(): Promise<void> {
    this.#closing ??= this.#disconnect()
    return this.#closing
  }

  async #disconnect(): Promise<void> {
    // DuckDB forgets an interrupt that comes before the statement has begun.
    const interrupting = setInterval(() => this.#connection.interrupt(), INTERRUPT_EVERY_MS)
    // To disconnect while a scan calls back into this thread would wait for itself.
    await this.#lastTurn
    clearInterval(interrupting)
    this.#connection.closeSync()
    this.#forget()
  }

  async #columnsOf(sql: string): Promise<ResultColumn[]> {
    const prepared = await this.#connection.prepare(sql)
    try {
      return Array.from({ length: prepared.columnCount }, (_, index) => ({
        name: prepared.columnName(index),
        type: prepared.columnType(index).toString(),
      }))
    } finally {
      prepared.destroySync()
    }
  }

  #inTurn<T>(sql: string, step: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(async () => {
      if (this.#closing !== undefined)
        throw new TwofoldError('DUCKDB_INTERRUPTED', 'The DuckDB session is closed.')
      try {
        return await step()
      } catch (cause) {
        throw duckdbError(cause, sql)
      }
    })
    this.#lastTurn = turn.catch(() => undefined)
    return turn
  }
}
