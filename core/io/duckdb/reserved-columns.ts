import type { DuckDBSession } from './session.ts'

/**
 * What to say of an expression that cannot be used and names columns that DuckDB takes for words of SQL, such as `group`
 * or `order`: how to write them. `undefined` where there are none.
 */
export async function reservedColumnHint(
  session: DuckDBSession,
  sql: string,
  columnNames: readonly string[],
): Promise<string | undefined> {
  const words = new Set(bareWords(sql).map(word => word.toLowerCase()))
  const mentioned = columnNames.filter(name => words.has(name.toLowerCase()))
  if (mentioned.length === 0) return undefined
  const rows = await session.rows<{ word: string }>(
    "SELECT keyword_name AS word FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'",
  )
  const reserved = new Set(rows.map(({ word }) => word))
  const found = mentioned.filter(name => reserved.has(name.toLowerCase()))
  if (found.length === 0) return undefined
  const many = found.length > 1
  return `${found.join(' and ')} ${many ? 'are words' : 'is a word'} of SQL; write the column${many ? 's' : ''} in double quotes: ${found.map(name => `"${name}"`).join(', ')}.`
}

/** The words of an expression that stand in no quotes. */
function bareWords(sql: string): string[] {
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ').match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []
}
