import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { type Cut, cutOf } from '../../core/model/cut.ts'
import type { BoundView } from '../../core/model/view.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'

/** A block of which the layers tell different things. By the time it is known, the publication has healed it. */
export interface Drift {
  readonly view: string
  readonly partition: number
  readonly block: number
  readonly what: 'markers' | 'partials'
  readonly batch: string
  readonly speed: string
}

/** More than this are counted, not listed. */
const LISTED = 100

/**
 * Compares the layers block by block over a run's interval: the run's tally of a block with the speed layer's markers
 * (records and digest by verdict) and with its partials (accepted records and their digest). Blocks that the speed
 * layer has not finished, or whose rows have been collected, are left out.
 */
export async function auditDrift(
  clickhouse: ClickHouse,
  view: BoundView,
  run: string,
  chain: string,
  from: Cut,
  to: Cut,
): Promise<Drift[]> {
  const interval = Object.keys(to).map(partition => {
    const number = Number(partition)
    return `(__partition = ${number} AND __block >= ${cutOf(from, number)} AND __block < ${cutOf(to, number)})`
  })
  if (interval.length === 0) return []
  const within = `(${interval.join(' OR ')})`
  const inChain = `__chain = ${clickhouseString(chain)} AND ${within}`
  const marked = (verdict: string) => `sumIf(${verdict}, __kind = ${SPEED_KIND.marker})`
  const rows = await clickhouse.rows<DriftRow>(
    `SELECT b.p AS partition, b.k AS block, b.told AS batch_markers, s.told AS speed_markers, b.partials AS batch_partials, s.partials AS speed_partials
     FROM (
       SELECT __partition AS p, __block AS k,
         concat(toString(sum(__accepted)), ' accepted, ', toString(sum(__filtered)), ' filtered, ', toString(sum(__quarantined)), ' quarantined, digest ', toString(sum(__all_digest))) AS told,
         concat(toString(sum(__accepted)), ' records, digest ', toString(sum(__digest))) AS partials
       FROM ${batchTable(view)} WHERE __kind = ${BATCH_KIND.blockTally} AND __run = ${clickhouseString(run)} AND ${within} GROUP BY p, k
     ) b INNER JOIN (
       SELECT __partition AS p, __block AS k, maxIf(__end, __kind = ${SPEED_KIND.marker}) AS reached,
         concat(toString(${marked('__accepted')}), ' accepted, ', toString(${marked('__filtered')}), ' filtered, ', toString(${marked('__quarantined')}), ' quarantined, digest ', toString(${marked('__all_digest')})) AS told,
         concat(toString(sumIf(__records, __kind = ${SPEED_KIND.partial})), ' records, digest ', toString(sumIf(__digest, __kind = ${SPEED_KIND.partial}))) AS partials
       FROM ${speedTable(view)} WHERE ${inChain} GROUP BY p, k
       HAVING reached = k + ${view.stream.blockSize} AND sumIf(__end - __start, __kind = ${SPEED_KIND.marker}) = reached - minIf(__start, __kind = ${SPEED_KIND.marker})
         AND (minIf(__start, __kind = ${SPEED_KIND.marker}) = k OR maxIf(__first, __kind = ${SPEED_KIND.marker}) = 1)
     ) s ON b.p = s.p AND b.k = s.k
     WHERE batch_markers != speed_markers OR batch_partials != speed_partials
     ORDER BY partition, block LIMIT ${LISTED}`,
  )
  return rows.map(row => {
    const isMarkers = row.batch_markers !== row.speed_markers
    return {
      view: view.name,
      partition: row.partition,
      block: Number(row.block),
      what: isMarkers ? 'markers' : 'partials',
      batch: isMarkers ? row.batch_markers : row.batch_partials,
      speed: isMarkers ? row.speed_markers : row.speed_partials,
    }
  })
}

interface DriftRow {
  readonly partition: number
  readonly block: string
  readonly batch_markers: string
  readonly speed_markers: string
  readonly batch_partials: string
  readonly speed_partials: string
}
