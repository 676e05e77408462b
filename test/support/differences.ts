import type { Row } from './api.ts'

/** Whether a value is near enough to the one of the expected row. */
export type Nearness = (found: number, wanted: number, expected: Row) => boolean

export const within =
  (share: number, more = 0): Nearness =>
  (found, wanted) =>
    Math.abs(found - wanted) <= share * Math.abs(wanted) + more

/**
 * The first thing in which rows differ from those expected, in whatever order both come. `by` names the columns that
 * tell rows apart; all others are compared, exactly where `nearness` says nothing else.
 */
export function firstDifference(
  found: readonly Row[],
  expected: readonly Row[],
  by: readonly string[],
  nearness: Readonly<Record<string, Nearness>>,
): string | undefined {
  const wanted = new Map(expected.map(row => [keyOf(row, by), row]))
  if (found.length !== expected.length) return `${found.length} rows instead of ${expected.length}`
  for (const row of found) {
    const key = keyOf(row, by)
    const other = wanted.get(key)
    if (other === undefined) return `a row that should not be: ${JSON.stringify(row)}`
    const wrong = Object.keys(row).find(
      name => !by.includes(name) && !isNear(row[name], other, name, nearness[name]),
    )
    if (wrong !== undefined) return `${wrong} of ${key}: ${row[wrong]} instead of ${other[wrong]}`
  }
  return undefined
}

function isNear(found: unknown, expected: Row, name: string, nearness: Nearness | undefined): boolean {
  const wanted = expected[name]
  if (found === wanted) return true
  if (typeof found !== 'number' || typeof wanted !== 'number') return false
  return nearness?.(found, wanted, expected) ?? false
}

/** Times are written in more than one way. */
function keyOf(row: Row, by: readonly string[]): string {
  return by.map(name => (name === 'time' ? Date.parse(String(row[name])) : row[name])).join('|')
}

/** A row of DuckDB with its integers as numbers, as JSON has them. */
export function numeric(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  )
}
