import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { publishPointer, readPointer, readPointerAt } from '../../core/io/store/pointer-store.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import { readReach, whyNotCovered } from './chain-reach.ts'
import { collectedFloor } from './collection-store.ts'

/**
 * Publishes the lists of an earlier generation again, and pauses the schedule so that nothing undoes it.
 * Without `to` it is the one before the present.
 *
 * @throws ROLLBACK_IMPOSSIBLE where that generation is not known, is being collected, or its chain no longer covers
 *   all that is above its cut
 */
export async function rollBack(
  clickhouse: ClickHouse,
  to: number | undefined,
  nowMs: number,
): Promise<Pointer> {
  const current = await readPointer(clickhouse)
  if (current === undefined) throw impossible('nothing has been published yet', to)
  const seq = to ?? (current.rolledBackTo ?? current.seq) - 1
  const target = seq === current.seq ? undefined : await readPointerAt(clickhouse, seq)
  if (target === undefined) throw impossible(`there is no earlier generation ${seq}`, seq)
  const floor = await collectedFloor(clickhouse)
  if (target.seq < floor) throw impossible(`the rows of generations below ${floor} have been collected`, seq)
  for (const [name, generation] of Object.entries(target.views)) {
    const reach = await readReach(
      clickhouse,
      { name, version: generation.version },
      generation.chain,
      generation.cut,
    )
    const why = whyNotCovered(reach, generation.cut)
    if (why !== undefined)
      throw impossible(`the chain of view ${name} does not cover what is above its cut: ${why}`, seq)
  }
  const pointer: Pointer = {
    ...target,
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

function impossible(why: string, seq: number | undefined): TwofoldError {
  return new TwofoldError(
    'ROLLBACK_IMPOSSIBLE',
    `Cannot roll back${seq === undefined ? '' : ` to generation ${seq}`}: ${why}.`,
    {
      details: { seq },
    },
  )
}
