import type { ChainKey } from '../model/chain.ts'
import { type CompiledView, inputColumns, stateColumns } from './compiled-view.ts'
import { BATCH_KIND, batchTable, SPEED_KIND, speedTable, TALLY_COLUMNS } from './tables.ts'
import { clickhouseName, clickhouseString } from './text.ts'

/**
 * The insert of number `seq` of a chain's lane, which ClickHouse carries out only where the chain stands at seq − 1
 * (number 0: has nothing). That it has no higher number must be said, too: of collected numbers some are missing.
 * Its body is the Parquet of `speedRowsSql`.
 */
export function speedInsertSql(compiled: CompiledView, key: ChainKey, seq: number, writer: string): string {
  const table = speedTable(compiled.view)
  const inChain = `__kind = ${SPEED_KIND.marker} AND __chain = ${clickhouseString(key.chain)} AND __lane = ${key.lane}`
  const guard =
    seq === 0
      ? `(SELECT count() FROM ${table} WHERE ${inChain}) = 0`
      : `(SELECT maxOrNull(__seq) FROM ${table} WHERE ${inChain} AND __seq >= ${seq - 1}) = ${seq - 1}`
  const columns: [name: string, from: string][] = [
    ['__kind', '__kind'],
    ['__chain', clickhouseString(key.chain)],
    ['__lane', `${key.lane}`],
    ['__seq', `if(__kind = ${SPEED_KIND.marker}, ${seq}, 0)`],
    ['__partition', '__partition'],
    ['__block', '__block'],
    ['__start', 'ifNull(__start, 0)'],
    ['__end', 'ifNull(__end, 0)'],
    ['__first', 'ifNull(__first, 0)'],
    ['__writer', `if(__kind = ${SPEED_KIND.marker}, ${clickhouseString(writer)}, '')`],
    ['__copies', `__kind = ${SPEED_KIND.marker}`],
    ...tallyColumns(),
    ...partialColumns(compiled),
  ]
  const structure = `__start Nullable(Int64), __end Nullable(Int64), __first Nullable(UInt8), ${inputStructure(compiled)}`
  return insertSql(table, columns, structure, guard)
}

/** The insert of one chunk of a run, carried out only where that chunk is not there yet. */
export function runInsertSql(compiled: CompiledView, run: string, chunk: number): string {
  const table = batchTable(compiled.view)
  const guard = `(SELECT count() FROM ${table} WHERE __kind = ${BATCH_KIND.chunkTally} AND __run = ${clickhouseString(run)} AND __chunk = ${chunk}) = 0`
  const columns: [name: string, from: string][] = [
    ['__kind', '__kind'],
    ['__run', clickhouseString(run)],
    // Partials of a run's chunks carry no chunk, so that they merge.
    ['__chunk', `if(__kind = ${BATCH_KIND.partial}, 0, ${chunk})`],
    ['__partition', 'ifNull(__partition, 0)'],
    ['__block', 'ifNull(__block, 0)'],
    ...tallyColumns(),
    ...partialColumns(compiled),
  ]
  return insertSql(table, columns, inputStructure(compiled), guard)
}

function insertSql(table: string, columns: [string, string][], structure: string, guard: string): string {
  return `INSERT INTO ${table} (${columns.map(([name]) => clickhouseName(name)).join(', ')})
SELECT ${columns.map(([, from]) => from).join(', ')}
FROM input(${clickhouseString(structure)})
WHERE ${guard}
FORMAT Parquet`
}

/** Of most chunks, `lost` is only there in the speed layer's rows; missing columns read as NULL. */
function tallyColumns(): [string, string][] {
  return TALLY_COLUMNS.map(name => [name, `ifNull(${name}, 0)`])
}

function partialColumns(compiled: CompiledView): [string, string][] {
  return [
    ['__bucket', 'ifNull(__bucket, 0)'],
    ...compiled.dimensions.map((dimension): [string, string] => [
      dimension.name,
      clickhouseName(dimension.name),
    ]),
    ['__records', 'ifNull(__records, 0)'],
    ['__digest', 'ifNull(__digest, 0)'],
    ...stateColumns(compiled).map((state): [string, string] => [state.name, state.from]),
  ]
}

function inputStructure(compiled: CompiledView): string {
  return [
    '__kind UInt8',
    '__partition Nullable(Int32)',
    '__block Nullable(Int64)',
    ...[...TALLY_COLUMNS, '__records', '__digest'].map(name => `${name} Nullable(UInt64)`),
    '__bucket Nullable(Int64)',
    ...compiled.dimensions.map(
      dimension => `${clickhouseName(dimension.name)} Nullable(${dimension.type.clickhouse})`,
    ),
    ...inputColumns(compiled).map(input => `${clickhouseName(input.name)} ${input.type}`),
  ].join(', ')
}
