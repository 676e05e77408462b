import { cutOf } from '../../core/model/cut.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import { addTallies, EMPTY_TALLY, type Tally } from '../../core/model/tally.ts'
import { COVERAGE_FACTS } from '../../core/sql/merge.ts'

/** What an answer covers. Offsets by partition, as JSON has it. */
export interface Coverage {
  /** The published generation; 0 before the first. */
  readonly generation: number
  /** The view's version that answered. */
  readonly version: string
  /** Records below come from the batch layer, those from here on from the speed layer. */
  readonly cut: Readonly<Record<string, number>>
  /** The answer holds exactly the records below these offsets. */
  readonly through: Readonly<Record<string, number>>
  /** At most how long ago an event that is not in the answer was acknowledged; null where nobody knows. */
  readonly freshnessMs: number | null
  /** Records that the view took in, whatever the question filters. */
  readonly records: { readonly batch: number; readonly speed: number }
  readonly quarantined: number
  readonly skipped: number
  readonly lost: number
  /** False only where records were declared lost by command. */
  readonly complete: boolean
}

/** What an answer's coverage is judged against. */
export interface CoverageContext {
  readonly view: string
  readonly seq: number
  readonly generation: ViewGeneration
  readonly origins: ReadonlyMap<number, PartitionOrigin>
  readonly freshnessMs: number | null
}

/**
 * Judges the coverage rows of an answer: the runs' rows must all be there, and the markers of each partition must
 * follow each other from where the batch layer ends, without gap or overlap.
 * @throws ANSWER_INCOMPLETE, saying where, what was expected and what was found
 */
export function coverageOf(rows: readonly (readonly string[])[], context: CoverageContext): Coverage {
  const facts = rows.map(factsOf)
  const { generation, origins } = context
  const batch = generation.runs.reduce((sum, run) => addTallies(sum, run.tally), EMPTY_TALLY)
  assertBatch(facts.find(row => row.source < 0)?.tally ?? EMPTY_TALLY, batch, context)
  const speed = facts.filter(row => row.source >= 0)
  const through: Record<string, number> = {}
  for (const [partition, { begin }] of [...origins].sort(([a], [b]) => a - b))
    through[partition] = Math.max(cutOf(generation.cut, partition), begin)
  for (const row of speed) {
    assertTiled(row, through[row.source], context)
    through[row.source] = row.end
  }
  const sum = (count: keyof Counted) => speed.reduce((total, { tally }) => total + tally[count], 0)
  const lost = batch.lost + sum('lost')
  return {
    generation: context.seq,
    version: generation.version,
    cut: generation.cut,
    through,
    freshnessMs: context.freshnessMs,
    records: { batch: batch.accepted, speed: sum('accepted') },
    quarantined: batch.quarantined + sum('quarantined'),
    skipped: batch.skipped + sum('skipped'),
    lost,
    complete: lost === 0,
  }
}

type Counted = Pick<Tally, 'accepted' | 'filtered' | 'quarantined' | 'skipped' | 'lost'>
type BatchTally = Pick<Tally, 'accepted' | 'filtered' | 'quarantined' | 'skipped' | 'acceptedDigest'>

interface Facts {
  /** −1 for the runs, else the partition. */
  readonly source: number
  readonly start: number
  readonly end: number
  readonly tiled: boolean
  readonly tally: Omit<Tally, 'digest'>
}

function factsOf(row: readonly string[]): Facts {
  const text = Object.fromEntries(COVERAGE_FACTS.map((name, index) => [name, row[index]!])) as Record<
    (typeof COVERAGE_FACTS)[number],
    string
  >
  const { accepted, filtered, quarantined, skipped, lost, acceptedDigest } = text
  return {
    source: Number(text.source),
    start: Number(text.start),
    end: Number(text.end),
    tiled: text.tiled === '1',
    tally: {
      accepted: Number(accepted),
      filtered: Number(filtered),
      quarantined: Number(quarantined),
      skipped: Number(skipped),
      lost: Number(lost),
      acceptedDigest,
    },
  }
}

function assertBatch(found: BatchTally, expected: BatchTally, context: CoverageContext): void {
  const keys = ['accepted', 'filtered', 'quarantined', 'skipped', 'acceptedDigest'] as const
  const wrong = keys.find(key => found[key] !== expected[key])
  if (wrong === undefined) return
  const pick = (tally: BatchTally) => Object.fromEntries(keys.map(key => [key, tally[key]]))
  throw new TwofoldError(
    'ANSWER_INCOMPLETE',
    `View ${context.view}: the runs of generation ${context.seq} should hold ${expected[wrong]} by their ${wrong} count, and ClickHouse has ${found[wrong]}: rows of a run are missing.`,
    {
      details: {
        view: context.view,
        generation: context.seq,
        runs: context.generation.runs.map(run => run.id),
        expected: pick(expected),
        found: pick(found),
      },
    },
  )
}

function assertTiled(
  { source, start, end, tiled }: Facts,
  expected: number | undefined,
  context: CoverageContext,
) {
  if (tiled && start === expected) return
  const why =
    expected === undefined
      ? 'nobody recorded where the partition begins'
      : start !== expected
        ? `they begin at ${start}`
        : 'they have a gap or an overlap'
  throw new TwofoldError(
    'ANSWER_INCOMPLETE',
    `View ${context.view}, partition ${source}: the speed layer's markers should lead from offset ${expected ?? 'unknown'} to ${end} without gap or overlap, but ${why}.`,
    {
      details: {
        view: context.view,
        generation: context.seq,
        chain: context.generation.chain,
        partition: source,
        expected: { start: expected },
        found: { start, end, tiled },
      },
    },
  )
}
