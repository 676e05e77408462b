import type { Grain } from '../../core/model/grain.ts'
import type { MeasureKind } from '../../core/model/measure.ts'
import {
  type Event,
  type Expression,
  ExpressionFailed,
  failed,
  type Shape,
  type Value,
} from './expression.ts'
import { type ExpectedValue, expectedMeasure } from './oracle-measures.ts'
import type { TwinView } from './twin-view.ts'

/** A record of the log as the oracle sees it: what it decodes to, and the digest of its bytes. */
export interface OracleRecord {
  /** `undefined` for a record that the decoder refuses. */
  readonly event: Event | undefined
  readonly hash: bigint
  /** Its id stands in the offsets before it. */
  readonly isRepeat?: boolean
  /** True for a record that the stream leaves out. */
  readonly isIgnored?: boolean
}

/** The column of the event id, and how many offsets back it counts. */
export interface OracleId {
  readonly column: string
  readonly within: number
}

/** What the oracle asks to know of repeats: any record of the partition, near enough before it, that has the same id. */
export function isRepeat(
  before: readonly { readonly event: Event | undefined; readonly offset: number }[],
  event: Event | undefined,
  offset: number,
  { column, within }: OracleId,
): boolean {
  const id = event?.[column] ?? null
  if (id === null) return false
  return before.some(other => other.event?.[column] === id && offset - other.offset <= within)
}

/** What the oracle must know of a log. */
export interface OracleLog {
  readonly partitions: readonly number[]
  /** Behind the last offset of a partition. */
  end(partition: number): number
  /** The records below these offsets. */
  below(through: Readonly<Record<string, number>>): OracleRecord[]
}

/** A question: the groups to make. `undefined` is no grain: all time is one. */
export interface OracleQuestion {
  readonly grain: Grain | undefined
  readonly dimensions: readonly string[]
}

/** What a view must answer over some records. */
export interface OracleAnswer {
  readonly groups: readonly ExpectedGroup[]
  readonly counts: OracleCounts
}

export interface ExpectedGroup {
  /** Start of the bucket, seconds since 1970; `undefined` without a grain. */
  readonly time: number | undefined
  readonly dimensions: Readonly<Record<string, { readonly value: Value; readonly shape: Shape }>>
  readonly measures: Readonly<Record<string, ExpectedValue>>
}

export interface OracleCounts {
  readonly accepted: number
  readonly filtered: number
  readonly quarantined: number
  readonly skipped: number
  /** Σ hash mod 2^64 of all records, and of the accepted ones. */
  readonly digest: bigint
  readonly acceptedDigest: bigint
}

/** Computes a view's answer from events in memory, one by one, with exact arithmetic and without any SQL. */
export function oracleAnswer(
  view: TwinView,
  records: readonly OracleRecord[],
  question: OracleQuestion,
): OracleAnswer {
  const groups = new Map<string, Event[]>()
  if (question.grain === undefined && question.dimensions.length === 0) groups.set('[]', [])
  const counts = { accepted: 0, filtered: 0, quarantined: 0, skipped: 0, digest: 0n, acceptedDigest: 0n }
  for (const { event, hash, isRepeat, isIgnored } of records) {
    const verdict = isIgnored === true ? 'filtered' : isRepeat === true ? 'skipped' : verdictOf(view, event)
    counts[verdict] += 1
    counts.digest = BigInt.asUintN(64, counts.digest + hash)
    if (verdict !== 'accepted') continue
    counts.acceptedDigest = BigInt.asUintN(64, counts.acceptedDigest + hash)
    for (const row of passingRows(view, event!)) {
      const key = groupKey(view, row, question)
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [row])
      else group.push(row)
    }
  }
  return { groups: [...groups.values()].map(events => expectedGroup(view, events, question)), counts }
}

export type Verdict = 'accepted' | 'filtered' | 'quarantined'

/** Neither a view nor an event ever changes, and each is judged for every answer that covers it. */
const verdicts = new WeakMap<TwinView, WeakMap<Event, Verdict>>()

/** What becomes of a record in a view. One whose condition or any expression fails is set aside for the view. */
export function verdictOf(view: TwinView, event: Event | undefined): Verdict {
  if (event === undefined) return 'quarantined'
  let ofView = verdicts.get(view)
  if (ofView === undefined) {
    ofView = new WeakMap()
    verdicts.set(view, ofView)
  }
  const known = ofView.get(event)
  if (known !== undefined) return known
  const verdict = judge(view, event)
  ofView.set(event, verdict)
  return verdict
}

function judge(view: TwinView, event: Event): Verdict {
  try {
    const rows = passingRows(view, event)
    for (const row of rows) {
      for (const expression of expressionsOf(view)) expression.of(row)
      for (const { of, below } of summandsOf(view)) assertBelow(of(row), below)
    }
    return rows.length === 0 ? 'filtered' : 'accepted'
  } catch (error) {
    if (error instanceof ExpressionFailed) return 'quarantined'
    throw error
  }
}

/** The event, or those of its elements, that the view is made of. @throws ExpressionFailed */
function passingRows({ where, unnest }: TwinView, event: Event): Event[] {
  const rows =
    unnest === undefined ? [event] : (unnest.of(event) ?? []).map(element => ({ ...event, ...element }))
  return where === undefined ? rows : rows.filter(row => where.of(row) === true)
}

function expressionsOf(view: TwinView): Expression[] {
  const ofMeasures = Object.values(view.measures).flatMap(({ expression, by, filter }) => [
    expression,
    by,
    filter,
  ])
  return [...Object.values(view.dimensions), ...ofMeasures].filter(expression => expression !== undefined)
}

/** What is added up, and how large it may be. */
function summandsOf(view: TwinView): { of: Expression['of']; below: bigint | number }[] {
  return Object.values(view.measures).flatMap(({ kind, expression }) => {
    const limits = LIMITS[kind]
    if (limits === undefined || expression === undefined) return []
    return [{ of: expression.of, below: expression.shape.kind === 'exact' ? limits.exact : limits.double }]
  })
}

const SUMMED = { exact: 10n ** 31n, double: Number.POSITIVE_INFINITY }
const SQUARED = { exact: 10n ** 30n, double: 1e140 }
const LIMITS: Partial<Record<MeasureKind, { readonly exact: bigint; readonly double: number }>> = {
  sum: SUMMED,
  avg: SUMMED,
  variance: SQUARED,
  stddev: SQUARED,
}

/** Sums take values of up to 31 digits, squares of up to 30. */
function assertBelow(value: Value, limit: bigint | number): void {
  const size = value as bigint | number | null
  if (size !== null && (size >= limit || size <= -limit)) failed(`not below ${limit}`)
}

function groupKey(view: TwinView, event: Event, question: OracleQuestion): string {
  const time = question.grain === undefined ? [] : [bucketStart(event['ts'] as bigint, question.grain)]
  const dimensions = question.dimensions.map(name => view.dimensions[name]!.of(event))
  return JSON.stringify([...time, ...dimensions.map(value => (value === null ? null : String(value)))])
}

function expectedGroup(view: TwinView, events: readonly Event[], question: OracleQuestion): ExpectedGroup {
  const [first] = events
  return {
    time: question.grain === undefined ? undefined : bucketStart(first!['ts'] as bigint, question.grain),
    dimensions: Object.fromEntries(
      question.dimensions.map(name => {
        const { of, shape } = view.dimensions[name]!
        return [name, { value: of(first!), shape }]
      }),
    ),
    measures: Object.fromEntries(
      Object.entries(view.measures).map(([name, measure]) => [name, expectedMeasure(measure, events)]),
    ),
  }
}

const UNIT_SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const

/** The start, in seconds since 1970, of the bucket in UTC that holds an instant in µs. */
export function bucketStart(instantUs: bigint, grain: Grain): number {
  const seconds = Number((instantUs - (((instantUs % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n)
  if (grain in UNIT_SECONDS) {
    const unit = UNIT_SECONDS[grain as keyof typeof UNIT_SECONDS]
    return Math.floor(seconds / unit) * unit
  }
  const date = new Date(seconds * 1000)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  if (grain === 'week') {
    const daysSinceMonday = (date.getUTCDay() + 6) % 7
    return Date.UTC(year, month, date.getUTCDate() - daysSinceMonday) / 1000
  }
  const firstMonth = grain === 'year' ? 0 : grain === 'quarter' ? month - (month % 3) : month
  return Date.UTC(year, firstMonth) / 1000
}
