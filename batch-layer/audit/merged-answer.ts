import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { ClickHouse } from '../../core/io/clickhouse/client.ts'
import type { MeasureKind } from '../../core/model/measure.ts'
import type { ViewGeneration } from '../../core/model/pointer.ts'
import { wholeView } from '../../core/model/query.ts'
import type { BoundMeasure } from '../../core/model/view.ts'
import type { CompiledView } from '../../core/sql/compiled-view.ts'
import { contextOf } from '../../core/sql/measure-parts.ts'
import { COVERAGE_COLUMN, mergeSql } from '../../core/sql/merge.ts'
import type { PhysicalType } from '../../core/sql/physical-type.ts'
import { clickhouseName, duckdbString } from '../../core/sql/text.ts'

/** Answers of many groups take a while. */
const TIMEOUT_MS = 30 * 60_000

/**
 * Writes all that a generation answers of a view, at the view's own grain, to a Parquet file: `coverage` (empty for
 * rows of the answer), `__t` (the bucket's start), `__k0`, `__k1`, … (the dimensions) and `__m0`, `__m1`, … (the
 * measures): names that no dimension has, for ClickHouse takes a name for that of an alias first.
 */
export async function writeAnswer(
  clickhouse: ClickHouse,
  compiled: CompiledView,
  generation: ViewGeneration,
  seq: number,
  path: string,
): Promise<void> {
  const { sql, params } = mergeSql(
    compiled,
    generation,
    seq,
    wholeView(compiled.view, Number.MAX_SAFE_INTEGER),
  )
  const columns = [
    `${COVERAGE_COLUMN} AS coverage`,
    'time AS __t',
    ...compiled.dimensions.map(
      ({ name, type }, index) => `${CARRIERS[type.family].write(clickhouseName(name))} AS __k${index}`,
    ),
    ...compiled.view.measures.map(
      (measure, index) => `${carrierOf(measure).write(clickhouseName(measure.name))} AS __m${index}`,
    ),
  ]
  const answer = await clickhouse.stream(`SELECT ${columns.join(', ')} FROM (${sql})`, {
    format: 'Parquet',
    params,
    timeoutMs: TIMEOUT_MS,
    settings: {
      output_format_parquet_string_as_string: 1,
      // Weeks, months and years begin before 1970 and after 2149, too.
      enable_extended_results_for_datetime_functions: 1,
    },
  })
  await pipeline(answer, createWriteStream(path))
}

/**
 * A DuckDB SELECT of the file's rows of the answer, as `t`, `k0`, …, `m0`, …: each value in the type that its expression
 * has in DuckDB.
 */
export function readAnswerSql(compiled: CompiledView, path: string): string {
  const columns = [
    'CAST(__t AS TIMESTAMP) AS t',
    ...compiled.dimensions.map(
      ({ type }, index) => `${CARRIERS[type.family].read(`__k${index}`, type)} AS k${index}`,
    ),
    ...compiled.view.measures.map((measure, index) => {
      const { value } = contextOf(measure)
      return `${carrierOf(measure).read(`__m${index}`, value)} AS m${index}`
    }),
  ]
  return `SELECT ${columns.join(', ')} FROM read_parquet(${duckdbString(path)}) WHERE len(coverage) = 0`
}

/** A DuckDB SELECT of the file's coverage rows: one column, `facts`. */
export function readCoverageSql(path: string): string {
  return `SELECT coverage AS facts FROM read_parquet(${duckdbString(path)}) WHERE len(coverage) > 0`
}

/** How a value gets from ClickHouse to DuckDB through Parquet, exactly. */
interface Carrier {
  readonly write: (column: string) => string
  readonly read: (column: string, type: PhysicalType) => string
}

const AS_IT_IS: Carrier = { write: column => column, read: column => column }
/** Parquet has no decimals of 76 digits. */
const AS_TEXT: Carrier = {
  write: column => `toString(${column})`,
  read: (column, { scale }) => `CAST(${column} AS DECIMAL(38,${scale}))`,
}

const CARRIERS: { readonly [F in PhysicalType['family']]: Carrier } = {
  integer: AS_IT_IS,
  double: AS_IT_IS,
  text: AS_IT_IS,
  bool: AS_IT_IS,
  decimal: AS_TEXT,
  date: { write: column => `toInt32(${column})`, read: column => `DATE '1970-01-01' + ${column}` },
  timestamp: {
    write: column => `toUnixTimestamp64Micro(${column})`,
    read: column => `make_timestamp(${column})`,
  },
}

function carrierOf(measure: BoundMeasure): Carrier {
  const carrier = MEASURE_CARRIERS[measure.measure.kind]
  if (carrier === 'value') return CARRIERS[contextOf(measure).value.family]
  if (carrier === 'sum') return sumCarrier(measure)
  return carrier === 'ranked' ? rankedCarrier(measure) : carrier
}

/** Sums of integers are decimals, too. */
function sumCarrier(measure: BoundMeasure): Carrier {
  return contextOf(measure).value.family === 'double' ? AS_IT_IS : AS_TEXT
}

/** As `v` and `n`, its count below zero: in the order of the list. */
function rankedCarrier(measure: BoundMeasure): Carrier {
  const { write, read } = CARRIERS[contextOf(measure).value.family]
  return {
    write: column => `arrayMap(e -> (${write('e.value')}, e.count), ${column})`,
    read: (column, type) =>
      `list_transform(${column}, e -> {'n': -CAST(struct_extract(e, '2') AS BIGINT), 'v': ${read("struct_extract(e, '1')", type)}})`,
  }
}

const MEASURE_CARRIERS: { readonly [K in MeasureKind]: Carrier | 'value' | 'sum' | 'ranked' } = {
  count: AS_IT_IS,
  sum: 'sum',
  avg: AS_IT_IS,
  min: 'value',
  max: 'value',
  uniq: AS_IT_IS,
  quantiles: AS_IT_IS,
  argMin: 'value',
  argMax: 'value',
  uniqExact: AS_IT_IS,
  variance: AS_IT_IS,
  stddev: AS_IT_IS,
  topK: 'ranked',
  histogram: {
    write: column => `arrayMap(bucket -> bucket.count, ${column})`,
    read: column => `CAST(${column} AS BIGINT[])`,
  },
  bitAnd: 'value',
  bitOr: 'value',
  bitXor: 'value',
}
