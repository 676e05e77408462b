import { duration, grouped } from './numbers.ts'
import { textTable } from './table.ts'

interface Answer {
  readonly meta: readonly { readonly name: string; readonly type: string }[]
  readonly data: readonly Readonly<Record<string, unknown>>[]
  readonly coverage: Coverage
  readonly statistics: { readonly elapsedMs: number }
}

interface Coverage {
  readonly generation: number
  readonly freshnessMs: number | null
  readonly records: { readonly batch: number; readonly speed: number }
  readonly quarantined: number
  readonly skipped: number
  readonly lost: number
  readonly complete: boolean
}

/** An answer of the query API as a table, with a line that says what it covers. */
export function answerText(body: string): string {
  const { statistics, coverage } = JSON.parse(body) as Answer
  const { meta, data } = JSON.parse(withNumbersAsText(body)) as Answer
  const names = meta.map(({ name }) => name)
  const numeric = meta.map(({ type }) => /^(integer|decimal|double)/.test(type))
  const rows = data.map(row => names.map(name => cellText(row[name])))
  const count = `${grouped(rows.length)} ${rows.length === 1 ? 'row' : 'rows'} in ${duration(statistics.elapsedMs)}`
  return `${textTable(names, rows, numeric)}\n\n${count}. ${coverageText(coverage)}`
}

/** `Covers 2,804,512 events: 2,801,664 batch + 2,848 speed (generation 12), fresh 240 ms. Complete.` */
function coverageText({
  generation,
  freshnessMs,
  records,
  quarantined,
  skipped,
  lost,
  complete,
}: Coverage): string {
  const fresh = freshnessMs === null ? 'no speed layer runs' : `fresh ${duration(freshnessMs)}`
  const events = `Covers ${grouped(records.batch + records.speed)} events: ${grouped(records.batch)} batch + ${grouped(records.speed)} speed`
  const apart = quarantined > 0 ? ` ${grouped(quarantined)} quarantined.` : ''
  const repeated = skipped > 0 ? ` ${grouped(skipped)} repeated, left out.` : ''
  return `${events} (generation ${generation}), ${fresh}.${apart}${repeated} ${complete ? 'Complete.' : `Incomplete: ${grouped(lost)} declared lost.`}`
}

/**
 * The same JSON with each number as a string of its digits: a number of JavaScript would round large ones. Strings
 * are matched first, so that digits inside them are left alone.
 */
function withNumbersAsText(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, token =>
    token.startsWith('"') ? token : `"${token}"`,
  )
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (isCounts(value)) return value.map(countText).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '')
}

/** Of a value, or of a bucket from one edge up to the next. */
interface Count {
  readonly value?: unknown
  readonly from?: string | null
  readonly to?: string | null
  readonly count: string
}

function isCounts(value: unknown): value is readonly Count[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every(item => typeof item === 'object' && item !== null && 'count' in item)
}

function countText({ value, from, to, count }: Count): string {
  if (value !== undefined) return `${cellText(value)}: ${count}`
  if (from === null) return `below ${to}: ${count}`
  return `from ${from}${to === null ? '' : ` to ${to}`}: ${count}`
}
