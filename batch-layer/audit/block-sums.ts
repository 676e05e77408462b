import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Cut } from '../../core/model/cut.ts'
import type { BoundView } from '../../core/model/view.ts'
import { cutSql } from '../../core/sql/by-partition.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { clickhouseString } from '../../core/sql/text.ts'

/** What is told of one block of one partition. Digests are decimal. */
export interface BlockSum {
  readonly partition: number
  readonly block: number
  readonly records: number
  readonly digest: string
  readonly accepted: number
  readonly acceptedDigest: string
  /** Offsets that were declared lost; of raw events nothing can be told of them. */
  readonly lost: number
}

/** What a chain tells of a block: by its markers, and by its partials. */
export interface ChainBlock extends BlockSum {
  /** Where its markers end; 0 where it has none. */
  readonly end: number
  readonly partialRecords: number
  readonly partialDigest: string
}

/** What a chain has of each block at or above `from`, in one snapshot. */
export async function sumChain(
  clickhouse: ClickHouse,
  view: BoundView,
  chain: string,
  from: Cut,
): Promise<ChainBlock[]> {
  const [marker, partial] = [`__kind = ${SPEED_KIND.marker}`, `__kind = ${SPEED_KIND.partial}`]
  const rows = await clickhouse.rows<Record<string, unknown>>(
    `SELECT __partition AS partition, __block AS block, toString(maxIf(__end, ${marker})) AS end,
       sumIf(__accepted + __filtered + __quarantined + __skipped, ${marker}) AS records, toString(sumIf(__all_digest, ${marker})) AS digest,
       sumIf(__accepted, ${marker}) AS accepted, toString(sumIf(__digest, ${marker})) AS accepted_digest, sumIf(__lost, ${marker}) AS lost,
       sumIf(__records, ${partial}) AS partial_records, toString(sumIf(__digest, ${partial})) AS partial_digest
     FROM ${speedTable(view)} WHERE __chain = ${clickhouseString(chain)} AND __block >= ${cutSql(from)}
     GROUP BY partition, block ORDER BY partition, block`,
  )
  return rows.map(row => ({
    ...blockOf(row),
    end: Number(row['end']),
    partialRecords: Number(row['partial_records']),
    partialDigest: String(row['partial_digest']),
  }))
}

/** What runs have told of each block, taken together. */
export async function sumRuns(
  clickhouse: ClickHouse,
  view: BoundView,
  runs: readonly string[],
): Promise<BlockSum[]> {
  if (runs.length === 0) return []
  const rows = await clickhouse.rows<Record<string, unknown>>(
    `SELECT __partition AS partition, __block AS block, sum(__accepted + __filtered + __quarantined + __skipped) AS records, toString(sum(__all_digest)) AS digest,
       sum(__accepted) AS accepted, toString(sum(__digest)) AS accepted_digest, sum(__lost) AS lost
     FROM ${batchTable(view)} WHERE __kind = ${BATCH_KIND.blockTally} AND __run IN (${runs.map(clickhouseString).join(', ')})
     GROUP BY partition, block ORDER BY partition, block`,
  )
  return rows.map(blockOf)
}

/** A row of sums as it comes from SQL. */
export function blockOf(row: Readonly<Record<string, unknown>>): BlockSum {
  return {
    partition: Number(row['partition']),
    block: Number(row['block']),
    records: Number(row['records']),
    digest: String(row['digest']),
    accepted: Number(row['accepted']),
    acceptedDigest: String(row['accepted_digest']),
    lost: Number(row['lost']),
  }
}
