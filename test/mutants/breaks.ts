import type { ClickHouse, StatementOptions } from '../../core/io/clickhouse/client.ts'
import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Break } from './mutant.ts'

/** Changes the text of a statement, or leaves it as it is. */
export type Change = (sql: string) => string

/** ClickHouse gets other statements than the product has sent. */
export function clickhouseStatements(change: Change): Break<ClickHouse> {
  return inner => ({
    command: (sql, options) => inner.command(change(sql), options),
    insertSelect: (sql, body, options) => inner.insertSelect(change(sql), body, options),
    rows: (sql, options) => inner.rows(change(sql), options),
    lines: (sql, options) => inner.lines(change(sql), options),
    stream: (sql, options) => inner.stream(change(sql), options),
    close: () => inner.close(),
  })
}

/** DuckDB gets other statements than the product has sent. */
export function duckdbStatements(change: Change): Break<DuckDBSession> {
  return inner => ({
    run: sql => inner.run(change(sql)),
    rows: sql => inner.rows(change(sql)),
    columns: sql => inner.columns(change(sql)),
    load: (...parameters) => inner.load(...parameters),
    copyToParquet: (sql, options) => inner.copyToParquet(change(sql), options),
    copyToParquetFile: (sql, path, options) => inner.copyToParquetFile(change(sql), path, options),
    interrupt: () => inner.interrupt(),
    close: () => inner.close(),
  })
}

/** Inserts into a table go without their deduplication tokens. */
export function withoutTokens(into: RegExp): Break<ClickHouse> {
  return inner => ({
    ...inner,
    insertSelect: (sql, body, options) =>
      inner.insertSelect(sql, body, into.test(sql) ? tokenless(options) : options),
  })
}

/** Several breaks of ClickHouse at once. */
export function both(first: Break<ClickHouse>, second: Break<ClickHouse>): Break<ClickHouse> {
  return inner => first(second(inner))
}

/** A fold that counts none of the records it sets aside. */
export function uncounted(sql: string): string {
  return sql.replace(/(__verdict IN \(2, 3\))(\) AS UBIGINT\) AS __quarantined)/, '$1 AND false$2')
}

function tokenless(options: StatementOptions = {}): StatementOptions {
  const { insert_deduplication_token: _, ...settings } = options.settings ?? {}
  return { ...options, settings }
}
