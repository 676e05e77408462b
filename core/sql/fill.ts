import type { Fill } from '../model/query.ts'

/** Begins the message with which ClickHouse refuses to fill more rows than it shall hold. */
export const FILLED_TOO_MANY = 'TWOFOLD_FILLED_TOO_MANY'

/** The most rows that buckets without events may add before a page is cut from the answer. */
export const MAX_FILLED_ROWS = 1_000_000

/** What rows without events have beside empty states, one for every bucket of the range. */
export function filledColumns({ starts }: Fill, dimensions: readonly string[]): string[] {
  return [`arrayJoin(${startsSql(starts)}) AS __time`, ...dimensions, 'toUInt8(1) AS __empty']
}

/**
 * The rows that these are for: the tuples of the dimensions that the answer has, which `union` reads, or one where it has
 * no dimensions.
 */
export function filledFrom(
  { starts }: Fill,
  dimensions: readonly string[],
  union: (names: readonly string[]) => string,
): string {
  if (dimensions.length === 0) return ''
  const most = Math.floor(MAX_FILLED_ROWS / starts.length)
  const names = dimensions.join(', ')
  return ` FROM (
SELECT ${names}, count() OVER () AS __tuples FROM (
SELECT DISTINCT ${names} FROM (
${union(dimensions)}
) WHERE __source = 0 LIMIT ${most + 1}
)) WHERE throwIf(__tuples > ${most}, '${FILLED_TOO_MANY}') = 0`
}

/** A list of instants; those that follow each other in equal steps are counted by ClickHouse. */
function startsSql(starts: readonly number[]): string {
  const parts: string[] = []
  for (let from = 0; from < starts.length; ) {
    const first = starts[from]!
    const step = (starts[from + 1] ?? first + 1) - first
    let to = from + 1
    while (to < starts.length && starts[to]! - starts[to - 1]! === step) to += 1
    parts.push(`range(toInt64(${first}), toInt64(${starts[to - 1]! + 1}), toInt64(${step}))`)
    from = to
  }
  if (parts.length > starts.length / 4) return `CAST([${starts.join(',')}], 'Array(Int64)')`
  return parts.length === 1 ? parts[0]! : `arrayConcat(${parts.join(', ')})`
}
