import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { type Cut, cutOf } from '../../core/model/cut.ts'
import type { BoundView } from '../../core/model/view.ts'
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
  const partitions = Object.keys(cut)
  const above =
    partitions.length === 0
      ? ''
      : ` AND __block >= transform(__partition, [${partitions.join(', ')}], [${partitions.map(p => `toInt64(${cutOf(cut, Number(p))})`).join(', ')}], toInt64(0))`
  const rows = await clickhouse.rows<{ partition: number; start: string; end: string; length: string }>(
    `SELECT __partition AS partition, min(__start) AS start, max(__end) AS end, sum(__end - __start) AS length
     FROM ${speedTable(view)} WHERE __kind = ${SPEED_KIND.marker} AND __chain = ${clickhouseString(chain)}${above} GROUP BY partition`,
  )
  return new Map(
    rows.map(row => {
      const [start, end] = [Number(row.start), Number(row.end)]
      return [row.partition, { start, end, isWhole: Number(row.length) === end - start }]
    }),
  )
}

/**
 * Why answers from this chain above this cut could not be complete, or `undefined`. A partition that the chain has
 * not reached yet takes nothing from it: then all that is below the cut is the batch layer's.
 */
export function whyNotCovered(reach: ReadonlyMap<number, ChainReach>, cut: Cut): string | undefined {
  for (const [partition, { start, isWhole }] of reach) {
    if (!isWhole) return `partition ${partition} has a gap`
    const expected = cutOf(cut, partition)
    if (expected > 0 && start !== expected)
      return `partition ${partition} begins at ${start}, not at the cut ${expected}`
  }
  return undefined
}
