import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readPointer, superseded } from '../../core/io/store/pointer-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { JobPlan } from '../recompute/plan.ts'

/**
 * Fails with `cause`, the failure of a planned job; but where another generation has been published meanwhile, collection
 * may have dropped what the job was making, and that is not damage.
 * @throws PUBLICATION_SUPERSEDED, or the cause
 */
export async function supersededOr(
  clickhouse: ClickHouse,
  { basedOn }: JobPlan,
  cause: unknown,
): Promise<never> {
  const isMismatch = cause instanceof TwofoldError && cause.code === 'RUN_MISMATCH'
  const newest = isMismatch ? ((await readPointer(clickhouse))?.seq ?? 0) : basedOn
  throw newest === basedOn ? cause : superseded(basedOn, cause)
}
