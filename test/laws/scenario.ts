import fc from 'fast-check'
import type { JobKind } from '../../batch-layer/recompute/plan.ts'
import { drawnDraft } from './drawn/event.ts'
import { type DrawnWorld, drawnWorld } from './drawn/world.ts'
import type { WorldShape } from './engines.ts'
import { MemoryLog } from './memory-log.ts'
import { type Draft, draft } from './records.ts'

/** Everything that a run of the laws is decided by. */
export interface Scenario {
  /** The fixed stream and views of the laws, or drawn ones. */
  readonly world: WorldShape | DrawnWorld
  /** Where each partition begins. */
  readonly begins: readonly number[]
  readonly records: readonly ScenarioRecord[]
  readonly steps: readonly Step[]
}

export interface ScenarioRecord {
  readonly partition: number
  readonly gap: number
  /** So many records of its partition back stands the one whose bytes it has again; by default it is a new one. */
  readonly repeats?: number
  readonly draft: Draft
}

/** `share` is how much of what is left to do is done, in percent. */
export type Step =
  | ({ readonly do: 'advance' } & Advance)
  | { readonly do: 'archive'; readonly partition: number; readonly share: number }
  | { readonly do: 'publish'; readonly kind: JobKind }
  | { readonly do: 'rollBack'; readonly back: number }
  | { readonly do: 'collect'; readonly keep: number }
  | { readonly do: 'mergeParts' }
  | ({ readonly do: 'crash'; readonly of: 'speed'; readonly at: SpeedCrash } & Advance)
  | { readonly do: 'crash'; readonly of: 'batch'; readonly at: BatchCrash; readonly kind: JobKind }

/** Numbers of a view and a lane, to be taken modulo how many there are. */
export interface Advance {
  readonly view: number
  readonly lane: number
  readonly shares: readonly number[]
}

/** Where a speed worker dies: before its insert, after it, or it arrives when another has long gone on. */
export type SpeedCrash = 'folded' | 'inserted' | 'late'
/** Where a batch job dies: within its runs, before its pointer, after it, or it arrives when another has published. */
export type BatchCrash = 'chunk' | 'runs' | 'pointer' | 'late'

const VIEWS = ['everything', 'strict', 'choosy'] as const
const SHAPES: readonly WorldShape[] = [
  { blockSize: 2, lanes: 1, grain: 'second', views: VIEWS },
  { blockSize: 4, lanes: 2, grain: 'minute', views: VIEWS },
  { blockSize: 8, lanes: 1, grain: 'week', views: VIEWS },
  { blockSize: 16, lanes: 2, grain: 'month', views: VIEWS },
  { blockSize: 4, lanes: 1, grain: 'quarter', views: VIEWS },
  { blockSize: 8, lanes: 2, grain: 'year', views: VIEWS },
  { blockSize: 4, lanes: 1, grain: 'minute', views: VIEWS, id: { column: 'k', within: 3 } },
  { blockSize: 2, lanes: 2, grain: 'hour', views: VIEWS, id: { column: 'n', within: 7 } },
]

const PARTITIONS = 3
const share = fc.constantFrom(10, 30, 50, 80, 100)
const jobKind = fc.constantFrom<JobKind>('extend', 'extend', 'full')
const advance = {
  view: fc.nat(VIEWS.length - 1),
  lane: fc.nat(1),
  shares: fc.array(share, { minLength: PARTITIONS, maxLength: PARTITIONS }),
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('advance' as const), ...advance }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('archive' as const), partition: fc.nat(PARTITIONS - 1), share }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), kind: jobKind }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rollBack' as const), back: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('collect' as const), keep: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'mergeParts' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      of: fc.constant('speed' as const),
      at: fc.constantFrom<SpeedCrash>('folded', 'inserted', 'late'),
      ...advance,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      of: fc.constant('batch' as const),
      at: fc.constantFrom<BatchCrash>('chunk', 'runs', 'pointer', 'late'),
      kind: jobKind,
    }),
  },
)

const world: fc.Arbitrary<WorldShape | DrawnWorld> = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...SHAPES) },
  { weight: 3, arbitrary: drawnWorld },
)

/** Streams, views, sequences of records, good and bad, with gaps, and what both layers do with them, in any order. */
export const scenario: fc.Arbitrary<Scenario> = world.chain(world =>
  fc.record({
    world: fc.constant(world),
    begins: fc.array(fc.constantFrom(0, 0, 3, 9), { minLength: 1, maxLength: PARTITIONS }),
    records: fc.array(
      fc.record({
        partition: fc.nat(PARTITIONS - 1),
        gap: fc.constantFrom(0, 0, 0, 1, 5),
        repeats: fc.constantFrom(0, 0, 0, 0, 1, 2, 4, 8),
        draft: 'schema' in world ? drawnDraft(world.schema) : draft,
      }),
      { minLength: 1, maxLength: 60 },
    ),
    steps: fc.array(step, { minLength: 4, maxLength: 16 }),
  }),
)

/** The log of a scenario, complete. */
export function logOf({ world, begins, records }: Scenario): MemoryLog {
  const log = new MemoryLog('things', begins, undefined, 'schema' in world ? world.schema.id : world.id)
  const produced = begins.map((): Draft[] => [])
  for (const { partition, gap, repeats = 0, draft: fresh } of records) {
    const before = produced[partition % begins.length]!
    const record = (repeats === 0 ? undefined : before.at(-repeats)) ?? fresh
    before.push(record)
    log.append(partition % begins.length, record, gap)
  }
  return log
}
