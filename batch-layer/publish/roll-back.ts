import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readDefinition } from '../../core/io/store/definition-store.ts'
import { publishPointer, readPointer, readPointerAt } from '../../core/io/store/pointer-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Pointer, ViewGeneration } from '../../core/model/pointer.ts'
import { readRunTotals, whyNotWhole } from '../recompute/run-totals.ts'
import { answersReach, whyNotCovered, wouldGoBack } from './chain-reach.ts'
import { collectedFloor } from './collection-store.ts'

/**
 * Publishes the lists of an earlier generation again, and pauses the schedule so that nothing undoes it.
 * Without `to` it is the one before the present.
 *
 * @throws ROLLBACK_IMPOSSIBLE where that generation is not known, is being collected, has runs that are not whole, or
 *   its chain does not cover all that is above its cut, up to where answers reach now: none may go back
 */
export async function rollBack(
  clickhouse: ClickHouse,
  to: number | undefined,
  nowMs: number,
): Promise<Pointer> {
  const current = await readPointer(clickhouse)
  if (current === undefined) throw impossible('nothing has been published yet', to)
  const seq = to ?? (current.rolledBackTo ?? current.seq) - 1
  const target =
    Number.isInteger(seq) && seq > 0 && seq < current.seq ? await readPointerAt(clickhouse, seq) : undefined
  if (target === undefined) throw impossible(`there is no earlier generation ${seq}`, seq)
  const floor = await collectedFloor(clickhouse)
  if (seq < floor) throw impossible(`the rows of generations below ${floor} have been collected`, seq)
  const views: Record<string, ViewGeneration> = {}
  for (const [name, generation] of Object.entries(target.views)) {
    views[name] = withPresentChain(generation, current.views[name])
    const why = await whyNotServed(clickhouse, name, views[name], current.views[name])
    if (why !== undefined) throw impossible(`view ${name} could not be served: ${why}`, seq)
  }
  const pointer: Pointer = {
    ...target,
    views,
    seq: current.seq + 1,
    prev: current.seq,
    publishedAtMs: nowMs,
    reason: 'rollback',
    rolledBackTo: target.rolledBackTo ?? target.seq,
    paused: true,
  }
  await publishPointer(clickhouse, pointer)
  return pointer
}

/** Lets the schedule go on: a pointer with the same lists that is not paused. */
export async function resume(clickhouse: ClickHouse, nowMs: number): Promise<Pointer | undefined> {
  const current = await readPointer(clickhouse)
  if (current === undefined || !current.paused) return current
  const pointer: Pointer = {
    ...current,
    seq: current.seq + 1,
    prev: current.seq,
    publishedAtMs: nowMs,
    reason: 'resume',
    paused: false,
  }
  await publishPointer(clickhouse, pointer)
  return pointer
}

/** A chain that a repair has replaced since is not gone back to: it is damaged, and nobody goes on with it. */
function withPresentChain(generation: ViewGeneration, serving: ViewGeneration | undefined): ViewGeneration {
  return serving?.version === generation.version ? { ...generation, chain: serving.chain } : generation
}

async function whyNotServed(
  clickhouse: ClickHouse,
  name: string,
  generation: ViewGeneration,
  serving: ViewGeneration | undefined,
): Promise<string | undefined> {
  const view = await readDefinition(clickhouse, name, generation.version)
  if (view === undefined) return `nobody kept the definition of its version ${generation.version}`
  const totals = await readRunTotals(
    clickhouse,
    view,
    generation.runs.map(({ id }) => id),
  )
  for (const run of generation.runs) {
    const wrong = whyNotWhole(run, totals.get(run.id))
    if (wrong !== undefined) return `its run ${run.id} ${wrong}`
  }
  const why = await whyNotCovered(clickhouse, view, generation)
  if (why !== undefined || serving === undefined) return why
  const now = await answersReach(clickhouse, { name, version: serving.version }, serving)
  const then = await answersReach(clickhouse, view, generation)
  const partition = wouldGoBack(now, then)
  if (partition === undefined) return undefined
  return `in partition ${partition} its chain has come to offset ${then.get(partition) ?? 0}, and answers reach ${now.get(partition)} now; the speed layer has to catch up first`
}

function impossible(why: string, seq: number | undefined): TwofoldError {
  return new TwofoldError(
    'ROLLBACK_IMPOSSIBLE',
    `Cannot roll back${seq === undefined ? '' : ` to generation ${seq}`}: ${why}.`,
    {
      details: { seq },
    },
  )
}
