import type { JobKind } from '../../batch-layer/recompute/plan.ts'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { Died } from '../support/dying-clickhouse.ts'
import { executeJob, planBatchJob, publishJob } from './batch-job.ts'
import type { FoldedLink, Platform } from './platform.ts'
import type { BatchCrash, SpeedCrash } from './scenario.ts'

/**
 * A speed worker writes a folded micro-batch and dies on the way; whatever remembered its position dies with it.
 * `meanwhile` is what others do after that.
 */
export async function crashSpeed(
  platform: Platform,
  folded: FoldedLink,
  at: SpeedCrash,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const { insert, clickhouse } = lastInsert(platform.parts.clickhouse, at === 'inserted')
  await dies(platform.write(folded, 'the dead one', clickhouse))
  await meanwhile()
  if (at === 'late') await insert()
}

/** As `crashSpeed`, of a batch job. A job that arrives late has to find that it was superseded. */
export async function crashBatch(
  platform: Platform,
  kind: JobKind,
  at: BatchCrash,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const context = platform.batchContext
  const job = await planBatchJob(context, kind, platform.nextJobId())
  if (job === undefined) return meanwhile()
  if (at === 'chunk') {
    // Where partitions begin late and nothing of them is archived yet, a cut moves without a record to fold.
    if (job.plan.folds.every(({ chunks }) => chunks.length === 0)) return meanwhile()
    await dies(
      executeJob(context, job, () => {
        throw new Died('within a run')
      }),
    )
    return meanwhile()
  }
  const tallies = await executeJob(context, job)
  if (at === 'pointer') {
    const { clickhouse } = lastInsert(context.clickhouse, true)
    await dies(publishJob({ ...context, clickhouse }, job, tallies))
  }
  await meanwhile()
  if (at === 'late')
    await publishJob(context, job, tallies).catch(error => {
      if (!(error instanceof TwofoldError && error.code === 'PUBLICATION_SUPERSEDED')) throw error
    })
}

/** ClickHouse as a process sees it that dies with its insert, carried out or not; `insert` carries it out after all. */
function lastInsert(inner: ClickHouse, isCarriedOut: boolean) {
  let insert: () => Promise<unknown> = async () => undefined
  const clickhouse: ClickHouse = {
    ...inner,
    insertSelect: async (sql, body, options) => {
      insert = () => inner.insertSelect(sql, body, options)
      if (isCarriedOut) await insert()
      throw new Died('at its insert')
    },
  }
  return { clickhouse, insert: () => insert() }
}

async function dies(work: Promise<unknown>): Promise<void> {
  await work.then(
    () => {
      throw new Error('It was to die, and came to its end.')
    },
    error => {
      if (!(error instanceof Died)) throw error
    },
  )
}
