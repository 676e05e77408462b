import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { publishPointer } from '../../core/io/store/pointer-store.ts'
import { FIRST_CHAIN, type Pointer, unpublished } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { readReach } from './chain-reach.ts'

/**
 * Names, for views that no generation names yet, the version that answers come from as soon as there are any: it has
 * no runs, and all of it comes from its chain. A definition that changes before a first block is full then waits for
 * its own chain as any other does; without this the new one would answer at once, from a chain that is still empty.
 */
export async function publishBeginnings(
  clickhouse: ClickHouse,
  configured: readonly BoundView[],
  current: Pointer | undefined,
  nowMs: number,
): Promise<Pointer | undefined> {
  const begun: BoundView[] = []
  for (const view of configured) {
    if (current?.views[view.name] === undefined && (await hasEvents(clickhouse, view))) begun.push(view)
  }
  if (begun.length === 0) return undefined
  const prev = current?.seq ?? 0
  const pointer: Pointer = {
    format: 1,
    seq: prev + 1,
    prev,
    publishedAtMs: nowMs,
    reason: 'extend',
    rolledBackTo: undefined,
    paused: current?.paused ?? false,
    views: {
      ...current?.views,
      ...Object.fromEntries(begun.map(({ name, version }) => [name, unpublished(version)])),
    },
  }
  await publishPointer(clickhouse, pointer)
  return pointer
}

async function hasEvents(clickhouse: ClickHouse, view: BoundView): Promise<boolean> {
  const reach = await readReach(clickhouse, view, FIRST_CHAIN, {})
  return [...reach.values()].some(({ start, end }) => end > start)
}
