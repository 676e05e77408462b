import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import { type Cut, cutOf, sameCut } from '../../core/model/cut.ts'
import type { PartitionOrigin } from '../../core/model/partition.ts'
import type { BoundView } from '../../core/model/view.ts'
import { byPartition, cutSql } from '../../core/sql/by-partition.ts'
import { SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'

/** Something wrong with the markers of a chain, over the offsets `[start, end)` of a partition. */
export interface ChainBreak {
  readonly what:
    | 'gap'
    | 'overlap'
    | 'misplaced'
    | 'out of order'
    | 'beyond the log'
    | 'two writers'
    | 'missing number'
  readonly partition: number
  readonly lane: number
  readonly seq: number
  readonly start: number
  readonly end: number
}

/** The part of a chain that is to be looked at, and what it must agree with. */
export interface ChainPart {
  readonly view: BoundView
  readonly chain: string
  /** Below, nothing is read, and rows may have been collected. */
  readonly from: Cut
  readonly origins: ReadonlyMap<number, PartitionOrigin>
}

/** No more than these are told of one chain. */
const LISTED = 100

/**
 * What is wrong with the markers of a chain: offsets that none records or several do, a marker of a lane or block that
 * its partition and offset do not belong to, numbers that do not rise with the offsets, a number with two writers or
 * without any.
 */
export async function findBreaks(clickhouse: ClickHouse, part: ChainPart): Promise<ChainBreak[]> {
  const table = speedTable(part.view)
  const markers = `${table} WHERE __kind = ${SPEED_KIND.marker} AND __chain = ${clickhouseString(part.chain)}`
  const kept = `${markers} AND __block >= ${cutSql(part.from)}`
  const selects = [breaksSql(part, kept), writersSql(kept)]
  // Of numbers below a cut some may have been collected.
  if (sameCut(part.from, {})) selects.push(numbersSql(kept))
  const rows = await clickhouse.rows<BreakRow>(
    `SELECT what, partition, lane, toString(seq) AS seq, toString(first) AS start, toString(last) AS end
     FROM (${selects.join('\nUNION ALL\n')}) ORDER BY partition, first, seq LIMIT ${LISTED}`,
  )
  return rows.map(row => ({ ...row, seq: Number(row.seq), start: Number(row.start), end: Number(row.end) }))
}

/** Sorted by offsets, a marker begins where the furthest of those before it ends. */
function breaksSql({ view, from, origins }: ChainPart, markers: string): string {
  const { blockSize, lanes } = view.stream
  const begins = [...origins.values()].map(
    ({ partition, begin }) => [partition, Math.max(begin, cutOf(from, partition))] as const,
  )
  const order = 'PARTITION BY __partition ORDER BY __start, __end, __seq'
  const before = `${order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING`
  return `SELECT multiIf(s > reached, 'gap', s < reached, 'overlap',
      lane != partition % ${lanes} OR block != s - s % ${blockSize} OR e > block + ${blockSize}, 'misplaced',
      seq < earlier, 'out of order', '') AS what,
    partition, lane, seq, if(what = 'gap', reached, s) AS first, if(what = 'gap', s, e) AS last
  FROM (SELECT __partition AS partition, __lane AS lane, __seq AS seq, __start AS s, __end AS e, __block AS block,
      if(row_number() OVER (${order}) = 1, ${byPartition(new Map(begins))}, max(__end) OVER (${before})) AS reached,
      max(__seq) OVER (${before}) AS earlier
    FROM ${markers}) WHERE what != ''`
}

function writersSql(markers: string): string {
  return `SELECT 'two writers' AS what, min(__partition) AS partition, __lane AS lane, __seq AS seq, min(__start) AS first, max(__end) AS last
  FROM ${markers} GROUP BY lane, seq HAVING uniqExact(__writer) > 1`
}

function numbersSql(markers: string): string {
  return `SELECT 'missing number' AS what, min(__partition) AS partition, __lane AS lane,
    toUInt64(arrayFirstIndex((number, place) -> number != place - 1, arraySort(groupUniqArray(__seq)) AS numbers, arrayEnumerate(numbers)) - 1) AS seq,
    toInt64(0) AS first, toInt64(0) AS last
  FROM ${markers} GROUP BY lane HAVING uniqExact(__seq) != max(__seq) + 1`
}

interface BreakRow extends Pick<ChainBreak, 'what' | 'partition' | 'lane'> {
  readonly seq: string
  readonly start: string
  readonly end: string
}
