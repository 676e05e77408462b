import { verifyPlatform } from '../../../batch-layer/commands.ts'
import { collectedFloor } from '../../../batch-layer/publish/collection-store.ts'
import type { ClickHouse } from '../../../core/io/clickhouse/client.ts'
import type { LayerContext } from '../../../core/io/layer-context.ts'
import { readJobs } from '../../../core/io/store/job-store.ts'
import { readPointer } from '../../../core/io/store/pointer-store.ts'
import { LawBroken } from '../../laws/check.ts'

const MANY_JOBS = 10_000

/** @throws LawBroken where a batch job found that the layers had counted differently */
export async function assertNoDrift(clickhouse: ClickHouse): Promise<void> {
  for (const { id, drift } of await readJobs(clickhouse, MANY_JOBS))
    if (drift.length > 0) throw new LawBroken(`job ${id} found drift: ${JSON.stringify(drift[0])}`)
}

/**
 * `twofold verify` finds nothing. Where a generation was published or collected while it looked, it looks again: the
 * grace of these platforms is shorter than its look.
 * @throws LawBroken with what it finds
 */
export async function assertVerified(context: LayerContext): Promise<void> {
  for (;;) {
    const before = await generations(context)
    const { findings } = await verifyPlatform(context, () => {})
    if (findings.length === 0) return
    if ((await generations(context)) === before)
      throw new LawBroken(`twofold verify finds: ${JSON.stringify(findings.slice(0, 3))}`)
  }
}

async function generations({ clickhouse }: LayerContext): Promise<string> {
  const { seq = 0 } = (await readPointer(clickhouse)) ?? {}
  return [seq, await collectedFloor(clickhouse)].join()
}
