import { TwofoldError } from '../../model/errors.ts'

const SQL_HEAD_LENGTH = 200

/** Names the statement that failed and what DuckDB said. An error of Twofold's own passes through unchanged. */
export function duckdbError(cause: unknown, sql: string): TwofoldError {
  if (cause instanceof TwofoldError) return cause
  const reason = duckdbReason(cause)
  const code = /^Out of Memory Error/.test(reason)
    ? 'DUCKDB_OUT_OF_MEMORY'
    : /^INTERRUPT Error/.test(reason)
      ? 'DUCKDB_INTERRUPTED'
      : 'DUCKDB_FAILED'
  const statement = headOf(sql)
  return new TwofoldError(code, `DuckDB could not run "${statement}": ${reason}`, {
    details: { statement, reason },
    cause,
  })
}

/** DuckDB's own words, without the prefix that JavaScript adds. */
export function duckdbReason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).trim()
}

function headOf(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim()
  return line.length <= SQL_HEAD_LENGTH ? line : `${line.slice(0, SQL_HEAD_LENGTH)}…`
}
