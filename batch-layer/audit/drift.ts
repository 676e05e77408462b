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

/** No more than these are told of one run. */
const LISTED = 100

/**
 * Compares the layers block by block over a run's interval: the run's tally of a block with the speed layer's markers
 * (records and digest by verdict) and with its partials (accepted records and their digest). Blocks that the speed
 * layer has not finished are left out, and those of which it had read records before they were declared lost: what the
 * archive lacks is known. `from` must not lie below what has been collected.
 */
export async function auditDrift(
  clickhouse: ClickHouse,
  view: BoundView,
  run: string,
  chain: string,
  from: Cut,
  to: Cut,
): Promise<Drift[]> {
  const interval = Object.keys(to)
    .map(Number)
    .map(partition => {
      return `(__partition = ${partition} AND __block >= ${cutOf(from, partition)} AND __block < ${cutOf(to, partition)})`
    })
  if (interval.length === 0) return []
  const within = `(${interval.join(' OR ')})`
  // A block of which a run has nothing held no records: its tally is 0, as a join fills it in.
  const rows = await clickhouse.rows<DriftRow>(
    `SELECT s.p AS partition, s.k AS block,
       ${markersText('b')} AS batch_markers, ${markersText('s')} AS speed_markers,
       ${partialsText('b.accepted', 'b.accepted_digest')} AS batch_partials, ${partialsText('s.records', 's.records_digest')} AS speed_partials
     FROM (${speedBlocksSql(view, chain, within)}) s LEFT JOIN (${batchBlocksSql(view, run, within)}) b ON b.p = s.p AND b.k = s.k
     WHERE (batch_markers != speed_markers OR batch_partials != speed_partials) AND s.lost >= b.lost
     ORDER BY partition, block LIMIT ${LISTED}`,
    { settings: { join_use_nulls: 0 } },
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

function batchBlocksSql(view: BoundView, run: string, within: string): string {
  return `SELECT __partition AS p, __block AS k, sum(__accepted) AS accepted, sum(__filtered) AS filtered,
    sum(__quarantined) AS quarantined, sum(__skipped) AS skipped, sum(__lost) AS lost, sum(__all_digest) AS digest, sum(__digest) AS accepted_digest
  FROM ${batchTable(view)} WHERE __kind = ${BATCH_KIND.blockTally} AND __run = ${clickhouseString(run)} AND ${within} GROUP BY p, k`
}

/** The blocks that the markers of a chain cover whole: from their edge, or where the partition begins, to their edge. */
function speedBlocksSql(view: BoundView, chain: string, within: string): string {
  const ofMarkers = (aggregate: string, value: string) =>
    `${aggregate}If(${value}, __kind = ${SPEED_KIND.marker})`
  const ofPartials = (value: string) => `sumIf(${value}, __kind = ${SPEED_KIND.partial})`
  const [start, end] = [ofMarkers('min', '__start'), ofMarkers('max', '__end')]
  return `SELECT __partition AS p, __block AS k, ${ofMarkers('sum', '__accepted')} AS accepted, ${ofMarkers('sum', '__filtered')} AS filtered,
    ${ofMarkers('sum', '__quarantined')} AS quarantined, ${ofMarkers('sum', '__skipped')} AS skipped, ${ofMarkers('sum', '__lost')} AS lost, ${ofMarkers('sum', '__all_digest')} AS digest,
    ${ofPartials('__records')} AS records, ${ofPartials('__digest')} AS records_digest
  FROM ${speedTable(view)} WHERE __chain = ${clickhouseString(chain)} AND ${within} GROUP BY p, k
  HAVING ${end} = k + ${view.stream.blockSize} AND ${ofMarkers('sum', '__end - __start')} >= ${end} - ${start}
    AND (${start} = k OR ${ofMarkers('max', '__first')} = 1)`
}

function markersText(side: string): string {
  return `concat(toString(${side}.accepted), ' accepted, ', toString(${side}.filtered), ' filtered, ', toString(${side}.quarantined), ' quarantined, ', toString(${side}.skipped), ' skipped, digest ', toString(${side}.digest))`
}

function partialsText(records: string, digest: string): string {
  return `concat(toString(${records}), ' records, digest ', toString(${digest}))`
}

interface DriftRow {
  readonly partition: number
  readonly block: string
  readonly batch_markers: string
  readonly speed_markers: string
  readonly batch_partials: string
  readonly speed_partials: string
}
