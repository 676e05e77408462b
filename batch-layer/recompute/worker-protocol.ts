import type { ClickHouseConnection } from '../../core/io/clickhouse/client.ts'
import type { ErrorCode } from '../../core/model/errors.ts'
import type { Tally } from '../../core/model/tally.ts'
import type { JobPlan } from './plan.ts'

/** What a batch worker is told. */
export interface WorkerSettings {
  readonly plan: JobPlan
  readonly clickhouse: ClickHouseConnection
  readonly archive: string
  readonly memoryLimitMb: number
  readonly threads: number
  /** Where DuckDB spills what exceeds its memory. */
  readonly tempDirectory: string
}

/** What it answers, a JSON line each; the last one is `done` or `failed`. */
export type WorkerMessage =
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'done'; readonly tallies: Readonly<Record<string, Tally>> }
  | {
      readonly type: 'failed'
      readonly code: ErrorCode | undefined
      readonly message: string
      readonly details: Readonly<Record<string, unknown>>
    }
