import { Random } from '../../simulation/random.ts'

/** What a step of a schedule does; `actions.ts` says how. */
export const STEP_KINDS = [
  'kill',
  'stop',
  'freeze',
  'second worker',
  'lost answer',
  'late insert',
  'cut off from Kafka',
  'restart Kafka',
  'kill ClickHouse',
  'change the definition',
  'batch job',
  'roll back',
  'add partitions',
  'retention',
  'transaction',
  'clock jumps',
  'crash point',
  'second batch layer',
  'killed fold',
  'running insert',
  'failed answer',
  'poisoned token',
  'repair archive',
  'repair chain',
] as const

export type StepKind = (typeof STEP_KINDS)[number]

export const LAYERS = ['batch', 'speed', 'serving'] as const

/** Plain data, so that a schedule can be printed, played again, and played in part. */
export interface Step {
  readonly kind: StepKind
  /** For those that are about a layer. */
  readonly layer: (typeof LAYERS)[number]
  /** How long what it does lasts, for those that last. */
  readonly forMs: number
  /** What else a step has to choose: a number from 0 to 999. */
  readonly choice: number
  /** Until the next step. */
  readonly restMs: number
}

/** Faults that come more often than others, for they are cheap and mean. */
const FREQUENT: readonly StepKind[] = [
  'kill',
  'crash point',
  'freeze',
  'lost answer',
  'late insert',
  'batch job',
  'roll back',
]

/** Draws a schedule of so many steps. The same seed makes the same schedule. */
export function drawSchedule(seed: number, steps: number): Step[] {
  const random = new Random(seed)
  return Array.from({ length: steps }, () => ({
    kind: random.pick(random.chance(40) ? FREQUENT : STEP_KINDS),
    layer: random.pick(LAYERS),
    forMs: random.between(100, 3_000),
    choice: random.between(0, 999),
    restMs: random.chance(30) ? 0 : random.between(100, 2_000),
  }))
}

/** Every other schedule is played where ClickHouse forgets tokens at once, so that the guard alone must hold. */
export function deduplicationWindowOf(seed: number): number | undefined {
  return seed % 2 === 0 ? undefined : 2
}
