import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { crashPoint } from '../../core/io/process/crash-point.ts'
import { readPointer, readPointersFrom } from '../../core/io/store/pointer-store.ts'
import type { Pointer } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { cutSql } from '../../core/sql/by-partition.ts'
import { batchTable, SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'
import { announceFloor, collectedFloor, dueFloor } from './collection-store.ts'
import { dropUnreachableVersions } from './drop-versions.ts'
import { leastCuts } from './least-cuts.ts'

export interface CollectionPolicy {
  /** Generations that can be rolled back to. */
  readonly keep: number
  readonly graceMs: number
  /** Fewer rows than this are not worth rewriting parts for. */
  readonly minRows: number
  /** The view versions of the configuration, whose tables stay. */
  readonly configured: readonly Pick<BoundView, 'name' | 'version'>[]
}

/** What went. */
export interface Collected {
  /** Rows deleted, by table. */
  readonly rows: Readonly<Record<string, number>>
  /** Whole tables, of view versions that cannot serve again. */
  readonly tables: readonly string[]
}

const NOTHING: Collected = { rows: {}, tables: [] }

/**
 * Collects what no generation that can still be read or rolled back to needs: first the floor is announced, then the
 * grace period passes (in a later call), then rows go. A run in the making is in no pointer yet, and perhaps of a job
 * that works on another data directory: it stays for as long as it may be published.
 */
export async function collect(clickhouse: ClickHouse, policy: CollectionPolicy): Promise<Collected> {
  const current = await readPointer(clickhouse)
  if (current === undefined) return NOTHING
  const floor = await dueFloor(clickhouse, policy.graceMs)
  const collected = floor > 0 ? await deleteBelow(clickhouse, current, floor, policy) : NOTHING
  const wanted = current.seq - policy.keep
  if (wanted > (await collectedFloor(clickhouse))) {
    await announceFloor(clickhouse, wanted)
    crashPoint('collection: floor announced')
  }
  return collected
}

async function deleteBelow(
  clickhouse: ClickHouse,
  current: Pointer,
  floor: number,
  policy: CollectionPolicy,
): Promise<Collected> {
  const readable = await readPointersFrom(clickhouse, floor)
  const collected: Record<string, number> = {}
  for (const [table, condition] of [
    ...speedConditions(current, readable),
    ...batchConditions(current, readable),
  ]) {
    const rows = await countRows(clickhouse, table, condition)
    if (rows < policy.minRows) continue
    await clickhouse.command(`ALTER TABLE ${table} DELETE WHERE ${condition}`, {
      settings: { mutations_sync: 1 },
    })
    crashPoint('collection: rows deleted')
    collected[table] = rows
  }
  return { rows: collected, tables: await dropUnreachableVersions(clickhouse, readable, policy.configured) }
}

async function countRows(clickhouse: ClickHouse, table: string, condition: string): Promise<number> {
  const [row] = await clickhouse.rows<{ n: string }>(`SELECT count() AS n FROM ${table} WHERE ${condition}`)
  return Number(row?.n ?? 0)
}

/**
 * Speed rows below the least cut that is still readable, except the last marker of each partition: the chain's
 * position. Of a version that serves, also all of the chains that no readable generation names: a repair has replaced
 * them, or was killed before it published them. (Of another version such a chain may be in the making.)
 */
function speedConditions(
  current: Pointer,
  readable: readonly Pointer[],
): [table: string, condition: string][] {
  return leastCuts(readable).map(({ view, version, chains, cut }) => {
    const table = speedTable({ name: view, version })
    const named = `__chain IN (${chains.map(clickhouseString).join(', ')})`
    const unnamed = current.views[view]?.version === version ? `NOT ${named}` : '0'
    const last = `(__chain, __partition, __seq, __start) IN (SELECT __chain, __partition, argMax(__seq, (__seq, __start)), argMax(__start, (__seq, __start)) FROM ${table} WHERE __kind = ${SPEED_KIND.marker} GROUP BY __chain, __partition)`
    return [
      table,
      `${unnamed} OR (${named} AND __block < ${cutSql(cut)} AND (__kind = ${SPEED_KIND.partial} OR NOT ${last}))`,
    ]
  })
}

/**
 * Runs that no readable generation names, nor can name: those that were planned on an earlier one than the newest are
 * refused by its compare-and-swap.
 */
function batchConditions(
  current: Pointer,
  readable: readonly Pointer[],
): [table: string, condition: string][] {
  const isSuperseded = `toUInt64OrZero(splitByChar('.', __run)[2]) < ${current.seq}`

  const runs = new Map<string, Set<string>>()
  for (const pointer of readable) {
    for (const [name, generation] of Object.entries(pointer.views)) {
      const table = batchTable({ name, version: generation.version })
      const named = runs.get(table) ?? new Set<string>()
      for (const run of generation.runs) named.add(run.id)
      runs.set(table, named)
    }
  }
  return [...runs].map(([table, named]) => [
    table,
    named.size === 0
      ? isSuperseded
      : `__run NOT IN (${[...named].map(clickhouseString).join(', ')}) AND ${isSuperseded}`,
  ])
}
