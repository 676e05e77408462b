/** How much is measured. */
export interface BenchPlan {
  readonly name: 'quick' | 'full'
  /** Of each workload, in all. */
  readonly events: number
  /** Produced and consumed by each driver. */
  readonly kafkaEvents: number
  readonly blockSizes: readonly number[]
  readonly queryRounds: number
  readonly freshnessSeconds: number
  readonly platformWorkSeconds: number
  /** No further part is begun after it: one that was begun ends within a few minutes at the worst. */
  readonly timeLimitMs: number
}

export const PLANS: { readonly [K in BenchPlan['name']]: BenchPlan } = {
  quick: {
    name: 'quick',
    events: 160_000,
    kafkaEvents: 100_000,
    blockSizes: [4096],
    queryRounds: 30,
    freshnessSeconds: 3,
    platformWorkSeconds: 3,
    timeLimitMs: 150_000,
  },
  full: {
    name: 'full',
    events: 1_000_000,
    kafkaEvents: 500_000,
    blockSizes: [1024, 4096, 16_384],
    queryRounds: 100,
    freshnessSeconds: 10,
    platformWorkSeconds: 40,
    timeLimitMs: 10 * 60_000,
  },
}
