import type { ClickHouse, StatementOptions } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'

/** A fault put into the SQL that Twofold makes, to see that the laws notice. */
export interface Mutant {
  readonly name: string
  /** Changes the text of a ClickHouse statement; undone where it is not the one meant. */
  readonly clickhouse?: (sql: string) => string
  /** Leaves deduplication tokens out. */
  readonly isTokenless?: boolean
  /** Changes the text of a DuckDB statement. */
  readonly duckdb?: (sql: string) => string
}

/** ClickHouse as the mutant speaks to it. `onChange` is told when a statement was changed. */
export function mutatedClickHouse(inner: ClickHouse, mutant: Mutant, onChange: () => void): ClickHouse {
  const change = changer(mutant.clickhouse, onChange)
  const without = (options?: StatementOptions): StatementOptions | undefined => {
    if (!mutant.isTokenless || options?.settings?.['insert_deduplication_token'] === undefined) return options
    const { insert_deduplication_token: _, ...settings } = options.settings
    return { ...options, settings }
  }
  return {
    command: (sql, options) => inner.command(change(sql), without(options)),
    insertSelect: (sql, body, options) => inner.insertSelect(change(sql), body, without(options)),
    rows: (sql, options) => inner.rows(change(sql), options),
    text: (sql, options) => inner.text(change(sql), options),
    measuredText: (sql, options) => inner.measuredText(change(sql), options),
    stream: (sql, options) => inner.stream(change(sql), options),
    close: async () => undefined,
  }
}

/** DuckDB as the mutant speaks to it. */
export function mutatedSession(inner: DuckDBSession, mutant: Mutant, onChange: () => void): DuckDBSession {
  const change = changer(mutant.duckdb, onChange)
  return {
    run: sql => inner.run(change(sql)),
    rows: sql => inner.rows(change(sql)),
    columns: sql => inner.columns(change(sql)),
    load: (...parameters) => inner.load(...parameters),
    copyToParquet: (sql, options) => inner.copyToParquet(change(sql), options),
    copyToParquetFile: (sql, path, options) => inner.copyToParquetFile(change(sql), path, options),
    interrupt: () => inner.interrupt(),
    close: () => inner.close(),
  }
}

function changer(
  mutate: ((sql: string) => string) | undefined,
  onChange: () => void,
): (sql: string) => string {
  return sql => {
    const changed = mutate === undefined ? sql : mutate(sql)
    if (changed !== sql) onChange()
    return changed
  }
}
