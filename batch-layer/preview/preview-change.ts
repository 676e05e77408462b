import type { DuckDBSession } from '../../core/io/duckdb/session.ts'
import type { Files } from '../../core/io/files.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { BoundView } from '../../core/model/view.ts'
import { compileView } from '../../core/sql/compiled-view.ts'
import { failedSql, judgeSql, talliesSql } from '../../core/sql/fold.ts'
import { comparisonsOf, countedSql } from '../audit/plain-sql.ts'
import { newestParts } from './newest-parts.ts'
import { EVENTS_AFTER, EVENTS_BEFORE, readBoth, type StreamChange } from './read-both.ts'
import type { RunningDefinitions } from './running-definitions.ts'

/** What becomes of the records in a view. */
export interface ViewCounts {
  readonly accepted: number
  readonly filtered: number
  readonly quarantined: number
  /** Repeats, where the stream has an event id; of those before the records read nothing is known. */
  readonly skipped: number
}

/** How two definitions of a view count the same records. */
export interface ViewChange {
  readonly view: string
  readonly stream: string
  /** False where it would go on with the chain and the runs that it has. */
  readonly isNewVersion: boolean
  /** `null` where it is not known, or not there. */
  readonly before: ViewCounts | null
  readonly after: ViewCounts
  /** The first record on which an expression of the view will fail. */
  readonly firstFailure: { readonly partition: number; readonly offset: number } | null
  /** Of each measure, its value over all of the records, as text. */
  readonly measures: readonly {
    readonly measure: string
    /** `null` for a value that is NULL; left out for a measure that is not there now. */
    readonly before?: string | null
    readonly after: string | null
  }[]
}

/** What a definition would change, found on records that are archived. */
export interface ChangePreview {
  /** False where nobody kept the definition that runs: then there is nothing to compare with. */
  readonly isCompared: boolean
  readonly streams: readonly StreamChange[]
  readonly views: readonly ViewChange[]
  /** Views that run and would not be there any more. */
  readonly dropped: readonly string[]
  /** Records that count now in some stream or view and would be set aside, or are set aside where nothing is known. */
  readonly isRefusing: boolean
}

export interface PreviewInput {
  readonly session: DuckDBSession
  readonly files: Files
  /** The archive's folder. */
  readonly archive: string
  /** How many records of each stream to look at, the newest, about. */
  readonly records: number
  readonly streams: readonly StreamDefinition[]
  readonly views: readonly BoundView[]
  readonly running: RunningDefinitions | undefined
}

/**
 * Reads the newest archived records by the definitions that run and by those that are checked, and tells the
 * difference. Nothing is written anywhere. @throws ARCHIVE_EMPTY where no stream has any record
 */
export async function previewChange(input: PreviewInput): Promise<ChangePreview> {
  const { session, files, archive, running } = input
  const streams: StreamChange[] = []
  const views: ViewChange[] = []
  for (const stream of input.streams) {
    const runningStream = running?.streams.find(({ topic }) => topic === stream.topic)
    const parts = await newestParts(files, archive, stream.topic, input.records)
    streams.push(await readBoth(session, archive, parts, runningStream, stream))
    for (const view of input.views.filter(isOf(stream))) {
      const runningView = running?.views.filter(isOf(stream)).find(({ name }) => name === view.name)
      views.push(await compareView(session, runningView, view))
    }
  }
  if (streams.every(({ records }) => records === 0)) throw nothingArchived(archive)
  const names = new Set(input.views.map(({ name }) => name))
  return {
    isCompared: running !== undefined,
    streams,
    views,
    dropped: (running?.views ?? []).map(({ name }) => name).filter(name => !names.has(name)),
    isRefusing:
      streams.some(({ newlyRefused }) => newlyRefused.length > 0) ||
      views.some(view => view.after.quarantined > (view.before?.quarantined ?? refusedBy(streams, view))),
  }
}

const isOf = (stream: StreamDefinition) => (view: BoundView) => view.stream.topic === stream.topic

/** What the schema refuses of a view's stream: the view itself has no part in that. */
function refusedBy(streams: readonly StreamChange[], { stream }: ViewChange): number {
  return streams.find(candidate => candidate.stream === stream)!.after.rejected
}

async function compareView(
  session: DuckDBSession,
  running: BoundView | undefined,
  view: BoundView,
): Promise<ViewChange> {
  const before = running && (await summaryOf(session, running, EVENTS_BEFORE))
  const after = await summaryOf(session, view, EVENTS_AFTER)
  return {
    view: view.name,
    stream: view.stream.topic,
    isNewVersion: running?.version !== view.version,
    before: before?.counts ?? null,
    after: after.counts,
    firstFailure: after.firstFailure,
    measures: [...after.measures].map(([measure, value]) => ({
      measure,
      ...(before?.measures.has(measure) && { before: before.measures.get(measure)! }),
      after: value,
    })),
  }
}

interface ViewSummary {
  readonly counts: ViewCounts
  readonly firstFailure: { readonly partition: number; readonly offset: number } | null
  readonly measures: ReadonlyMap<string, string | null>
}

async function summaryOf(session: DuckDBSession, view: BoundView, events: string): Promise<ViewSummary> {
  const compiled = compileView(view)
  await session.run(judgeSql(compiled, events, 'judged'))
  const sum = (column: string) => `CAST(coalesce(sum(__${column}), 0) AS BIGINT) AS ${column}`
  const [tally] = await session.rows<Record<keyof ViewCounts, bigint>>(
    `SELECT ${['accepted', 'filtered', 'quarantined', 'skipped'].map(sum).join(', ')} FROM (${talliesSql(compiled, 'judged')})`,
  )
  const [failure] = await session.rows<{ __partition: number; __offset: bigint }>(
    `${failedSql(compiled, 'judged')} LIMIT 1`,
  )
  return {
    counts: {
      accepted: Number(tally!.accepted),
      filtered: Number(tally!.filtered),
      quarantined: Number(tally!.quarantined),
      skipped: Number(tally!.skipped),
    },
    firstFailure: failure ? { partition: failure.__partition, offset: Number(failure.__offset) } : null,
    measures: await measuresOf(session, view, events),
  }
}

/** Each measure over all events that count, as an analyst would compute it. */
async function measuresOf(
  session: DuckDBSession,
  view: BoundView,
  events: string,
): Promise<ReadonlyMap<string, string | null>> {
  const compiled = compileView(view)
  const comparisons = comparisonsOf(compiled)
  const values = comparisons.map(({ should }, index) => `CAST(${should} AS VARCHAR) AS c${index}`)
  const [row] = await session.rows<Record<string, string | null>>(
    `SELECT ${values.join(', ')} FROM (${countedSql(compiled, events)})`,
  )
  return new Map(comparisons.map(({ label }, index) => [label, row![`c${index}`] ?? null]))
}

function nothingArchived(archive: string): TwofoldError {
  return new TwofoldError(
    'ARCHIVE_EMPTY',
    `No stream of the configuration has a record in ${archive}, so the definitions cannot be held against any.`,
    { details: { archive } },
  )
}
