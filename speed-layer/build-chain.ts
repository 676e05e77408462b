import type { LayerContext } from '../core/io/layer-context.ts'
import type { Cut } from '../core/model/cut.ts'
import type { BoundView } from '../core/model/view.ts'
import { laneOptions } from './lane-options.ts'
import { LaneWorker } from './lane-worker.ts'

/** A chain that no generation names yet. */
export interface NewChain {
  readonly view: BoundView
  readonly chain: string
  /** Where it begins: the records below are the batch layer's. */
  readonly from: Cut
}

/**
 * Writes all lanes of a chain that the speed layer does not know yet, and goes on with what comes, until `signal`
 * aborts. Another writer of the same chain is met as everywhere: one of them wins each number.
 * @throws what a lane fails with; the other lanes then end, too
 */
export async function buildChain(
  context: LayerContext,
  { view, chain, from }: NewChain,
  signal: AbortSignal,
): Promise<void> {
  const failing = new AbortController()
  const lanes = Array.from({ length: view.stream.lanes }, async (_, lane) => {
    const options = await laneOptions(context, view.stream, lane, [{ view, chain }])
    try {
      await new LaneWorker({ ...options, from }).run(AbortSignal.any([signal, failing.signal]))
    } catch (error) {
      failing.abort()
      throw error
    } finally {
      await options.session.close()
    }
  })
  const ended = await Promise.allSettled(lanes)
  const failed = ended.find(lane => lane.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
