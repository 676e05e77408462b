/** A quoted identifier for DuckDB. */
export function duckdbName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A quoted identifier for ClickHouse. */
export function clickhouseName(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}

/** A string literal for ClickHouse; only for text that Twofold itself made, values of users are bound. */
export function clickhouseString(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** A string literal for DuckDB. */
export function duckdbString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
