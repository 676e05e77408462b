import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBTableFunction,
  type DuckDBTableFunctionBindInfo,
  type DuckDBTableFunctionInfo,
  type DuckDBTableFunctionInitInfo,
  type DuckDBType,
  INTEGER,
  LIST,
  STRUCT,
  TIMESTAMP,
  UBIGINT,
  UUID,
  VARCHAR,
} from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { type ColumnBatch, type ColumnVector, type VectorType, widthOf } from '../../model/column-batch.ts'
import { TwofoldError } from '../../model/errors.ts'
import { VECTOR_ROWS, writeVector } from './vector-writer.ts'

/**
 * Column batches as relations of one connection, by a table function: a scan copies each vector of 2,048 rows
 * out of the batch when DuckDB asks for it, and only the columns that the statement reads.
 *
 * Measured against chunks appended to a temporary table (test/bench/sections/feed.ts), a scan and its fold take less time
 * and hold the JavaScript thread half as long. A statement that reads a batch many times can still copy it to a
 * table first, as it can any relation.
 *
 * DuckDB calls back into the JavaScript thread while it scans: that thread must never wait for the connection.
 */
export class ColumnFeed {
  readonly #functionName: string
  readonly #batches = new Map<string, Batches>()

  constructor(connection: DuckDBConnection, functionName: string) {
    this.#functionName = functionName
    const tableFunction = DuckDBTableFunction.create({
      name: functionName,
      parameterTypes: [VARCHAR],
      supportsProjectionPushdown: true,
      bindFunction: info => this.#bind(info),
      initFunction: startScan,
      mainFunction: scanVector,
    })
    connection.registerTableFunction(tableFunction)
  }

  /** Makes `batches` the content of `relation` for the statements that follow; answers the statement that names it. */
  set(relation: string, batches: Batches): string {
    for (const { columns, rows } of batches) for (const column of columns) checkColumn(column, rows)
    this.#batches.set(relation, batches)
    const source = `${this.#functionName}(${quoted(relation, "'")})`
    return `CREATE OR REPLACE TEMP VIEW ${quoted(relation, '"')} AS FROM ${source}`
  }

  #bind(info: DuckDBTableFunctionBindInfo): void {
    const batches = this.#batches.get(String(info.getParameter(0)))!
    for (const { name, type } of batches[0].columns) info.addResultColumn(name, duckdbVectorType(type))
    info.setCardinality(
      batches.reduce((total, { rows }) => total + rows, 0),
      true,
    )
    info.setBindData(batches)
  }
}

type Batches = readonly [ColumnBatch, ...ColumnBatch[]]

interface Scan {
  /** Those with rows: a vector without any would end the scan. */
  readonly batches: readonly ColumnBatch[]
  /** For each vector of the output, the number of the column it takes. DuckDB that only counts rows takes none. */
  readonly columns: readonly number[]
  nextBatch: number
  nextRow: number
}

function startScan(info: DuckDBTableFunctionInitInfo): void {
  const batches = info.getBindData() as Batches
  const scan: Scan = {
    batches: batches.filter(({ rows }) => rows > 0),
    columns: info.getColumnIndexes(),
    nextBatch: 0,
    nextRow: 0,
  }
  info.setInitData(scan)
  // One scan, one position: and so the rows keep their order.
  info.setMaxThreads(1)
}

function scanVector(info: DuckDBTableFunctionInfo, output: DuckDBDataChunk): void {
  const scan = info.getInitData() as Scan
  const batch = scan.batches[scan.nextBatch]
  if (batch === undefined) {
    output.rowCount = 0
    return
  }
  const count = Math.min(VECTOR_ROWS, batch.rows - scan.nextRow)
  output.rowCount = count
  for (let index = 0; index < scan.columns.length; index++) {
    const column = batch.columns[scan.columns[index]!]
    if (column !== undefined)
      writeVector(duckdb.data_chunk_get_vector(output.chunk, index), column, scan.nextRow, count)
  }
  scan.nextRow += count
  if (scan.nextRow < batch.rows) return
  scan.nextBatch++
  scan.nextRow = 0
}

/** The vectors are copied without a check of their bounds, so a batch that lies about its size must not get there. */
function checkColumn(column: ColumnVector, rows: number): void {
  const { valid } = column
  if ((valid === undefined || valid.length >= rows) && holds(column, rows)) return
  throw new TwofoldError(
    'DUCKDB_FAILED',
    `Feeding column "${column.name}" to DuckDB: it does not hold ${rows} rows of its type.`,
    {
      details: { column: column.name, rows, type: column.type },
    },
  )
}

function holds({ name, type, values }: ColumnVector, rows: number): boolean {
  switch (values.layout) {
    case 'fixed':
      return values.width === widthOf(type) && values.data.length >= rows * values.width
    case 'bytes':
      return widthOf(type) === 0 && areAscending(values.offsets, rows, values.bytes.length)
    case 'list':
      if (type.kind !== 'list' || !areAscending(values.offsets, rows, Number.MAX_SAFE_INTEGER)) return false
      checkColumn({ ...values.elements, name }, values.offsets[rows]!)
      return true
    case 'struct':
      for (const field of values.fields) checkColumn({ ...field, name }, rows)
      return type.kind === 'struct' && type.fields.length === values.fields.length
  }
}

function areAscending(offsets: Uint32Array, rows: number, end: number): boolean {
  if (offsets.length <= rows || offsets[rows]! > end) return false
  for (let row = 0; row < rows; row++) if (offsets[row]! > offsets[row + 1]!) return false
  return true
}

/** DuckDB's type for a vector's values: that of `duckdbTypeOf`, as the binding's object. */
export function duckdbVectorType(type: VectorType): DuckDBType {
  switch (type.kind) {
    case 'decimal':
      return DECIMAL(type.precision, type.scale)
    case 'list':
      return LIST(duckdbVectorType(type.element))
    case 'struct':
      return STRUCT(Object.fromEntries(type.fields.map(field => [field.name, duckdbVectorType(field.type)])))
    default:
      return TYPE_OF_KIND[type.kind]
  }
}

const TYPE_OF_KIND: {
  readonly [K in Exclude<VectorType['kind'], 'decimal' | 'list' | 'struct'>]: DuckDBType
} = {
  string: VARCHAR,
  text: VARCHAR,
  enum: VARCHAR,
  blob: BLOB,
  bool: BOOLEAN,
  int32: INTEGER,
  int64: BIGINT,
  uint64: UBIGINT,
  float64: DOUBLE,
  timestamp: TIMESTAMP,
  date: DATE,
  uuid: UUID,
}

function quoted(name: string, quote: '"' | "'"): string {
  return quote + name.replaceAll(quote, quote + quote) + quote
}
