import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { readOrigins } from '../../core/io/store/partition-store.ts'
import { type Cut, cutOf } from '../../core/model/cut.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import type { BoundView } from '../../core/model/view.ts'
import { cutSql } from '../../core/sql/by-partition.ts'
import { TILED } from '../../core/sql/merge.ts'
import { SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'

/** What a chain's markers cover of one partition, at or above a cut. */
export interface ChainReach {
  readonly start: number
  readonly end: number
  /** The markers follow each other without gap or overlap. */
  readonly isWhole: boolean
}

/** What the markers of a chain cover at or above `cut`, by partition; partitions without any are left out. */
export async function readReach(
  clickhouse: ClickHouse,
  view: Pick<BoundView, 'name' | 'version'>,
  chain: string,
  cut: Cut,
): Promise<Map<number, ChainReach>> {
  const rows = await clickhouse.rows<{ partition: number; start: string; end: string; tiled: number }>(
    `SELECT __partition AS partition, min(__start) AS start, max(__end) AS end, ${TILED} AS tiled
     FROM ${speedTable(view)} WHERE __kind = ${SPEED_KIND.marker} AND __chain = ${clickhouseString(chain)} AND __block >= ${cutSql(cut)} GROUP BY partition`,
  )
  return new Map(
    rows.map(row => [
      row.partition,
      { start: Number(row.start), end: Number(row.end), isWhole: row.tiled === 1 },
    ]),
  )
}

/** How far answers of a generation reach, by partition: where its chain has come to, or its cut. */
export async function answersReach(
  clickhouse: ClickHouse,
  view: Pick<BoundView, 'name' | 'version'>,
  { chain, cut }: Pick<ViewGeneration, 'chain' | 'cut'>,
): Promise<Map<number, number>> {
  const through = new Map(
    Object.keys(cut).map(partition => [Number(partition), cutOf(cut, Number(partition))]),
  )
  for (const [partition, { end }] of await readReach(clickhouse, view, chain, cut))
    through.set(partition, Math.max(end, through.get(partition) ?? 0))
  return through
}

/** The first partition in which answers of `next` would not reach as far as those of `now`. */
export function wouldGoBack(
  now: ReadonlyMap<number, number>,
  next: ReadonlyMap<number, number>,
): number | undefined {
  return [...now].find(([partition, offset]) => (next.get(partition) ?? 0) < offset)?.[0]
}

/**
 * Why answers of a generation could not be complete for what its chain has, or `undefined`. A partition that the chain
 * has not reached yet takes nothing from it: then all that is below the cut is the batch layer's.
 */
export async function whyNotCovered(
  clickhouse: ClickHouse,
  view: BoundView,
  { chain, cut }: ViewGeneration,
): Promise<string | undefined> {
  const origins = await readOrigins(clickhouse, view.stream.topic)
  for (const [partition, { start, isWhole }] of await readReach(clickhouse, view, chain, cut)) {
    const origin = origins.get(partition)
    if (origin === undefined) return `nobody recorded where partition ${partition} begins`
    const expected = Math.max(cutOf(cut, partition), origin.begin)
    if (start !== expected) return `partition ${partition} begins at offset ${start} instead of ${expected}`
    if (!isWhole) return `partition ${partition} has a gap or an overlap`
  }
  return undefined
}
