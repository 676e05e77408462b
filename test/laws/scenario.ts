import fc from 'fast-check'
import type { WorldShape } from './engines.ts'
import { MemoryLog } from './memory-log.ts'
import { type Draft, draft } from './records.ts'

/** Everything that a run of the laws is decided by. Plain data, so that a failure can be shrunk and told. */
export interface Scenario {
  readonly shape: WorldShape
  /** Where each partition begins. */
  readonly begins: readonly number[]
  readonly records: readonly { readonly partition: number; readonly gap: number; readonly draft: Draft }[]
  readonly steps: readonly Step[]
}

/** `share` is how much of what is left to do is done, in percent. */
export type Step =
  | {
      readonly do: 'advance'
      readonly view: number
      readonly lane: number
      readonly shares: readonly number[]
    }
  | { readonly do: 'archive'; readonly partition: number; readonly share: number }
  | { readonly do: 'publish'; readonly kind: 'extend' | 'full' }
  | { readonly do: 'rollBack'; readonly back: number }
  | { readonly do: 'collect'; readonly keep: number }
  | { readonly do: 'mergeParts' }

const VIEWS = ['everything', 'strict', 'choosy'] as const
const SHAPES: readonly WorldShape[] = [
  { blockSize: 2, lanes: 1, grain: 'second', views: VIEWS },
  { blockSize: 4, lanes: 2, grain: 'minute', views: VIEWS },
  { blockSize: 8, lanes: 1, grain: 'week', views: VIEWS },
  { blockSize: 16, lanes: 2, grain: 'month', views: VIEWS },
  { blockSize: 4, lanes: 1, grain: 'quarter', views: VIEWS },
  { blockSize: 8, lanes: 2, grain: 'year', views: VIEWS },
]

const PARTITIONS = 3
const share = fc.constantFrom(10, 30, 50, 80, 100)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      view: fc.nat(VIEWS.length - 1),
      lane: fc.nat(1),
      shares: fc.array(share, { minLength: PARTITIONS, maxLength: PARTITIONS }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('archive' as const), partition: fc.nat(PARTITIONS - 1), share }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      kind: fc.constantFrom('extend' as const, 'extend' as const, 'full' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('rollBack' as const), back: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('collect' as const), keep: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'mergeParts' as const }) },
)

/** Sequences of records, good and bad, with gaps, and of what both layers do with them, in any order. */
export const scenario: fc.Arbitrary<Scenario> = fc.record({
  shape: fc.constantFrom(...SHAPES),
  begins: fc.array(fc.constantFrom(0, 0, 3, 9), { minLength: 1, maxLength: PARTITIONS }),
  records: fc.array(
    fc.record({ partition: fc.nat(PARTITIONS - 1), gap: fc.constantFrom(0, 0, 0, 1, 5), draft }),
    { minLength: 1, maxLength: 60 },
  ),
  steps: fc.array(step, { minLength: 4, maxLength: 16 }),
})

/** The log of a scenario, complete. */
export function logOf({ begins, records }: Scenario): MemoryLog {
  const log = new MemoryLog('things', begins)
  for (const { partition, gap, draft: record } of records) log.append(partition % begins.length, record, gap)
  return log
}
