import type { LayerContext } from '../../core/io/layer-context.ts'
import { acquireInstanceLock, type InstanceLock } from '../../core/io/process/instance-lock.ts'
import { TwofoldError } from '../../core/model/errors.ts'

/** One repair at a time works on a data directory. @throws REPAIR_BUSY */
export async function lockRepair({ dataDir }: LayerContext): Promise<InstanceLock> {
  try {
    return await acquireInstanceLock(dataDir, 'repair')
  } catch (cause) {
    if (!(cause instanceof TwofoldError) || cause.code !== 'DATA_DIR_IN_USE') throw cause
    throw new TwofoldError('REPAIR_BUSY', `Another repair is at work on ${dataDir}.`, {
      details: cause.details,
      cause,
    })
  }
}
