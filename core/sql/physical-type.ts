/**
 * How a value of a DuckDB type travels from the fold to ClickHouse: the type the fold casts it to, the type of
 * the ClickHouse column, and what arithmetic it allows. Many DuckDB types share one physical type, so that a
 * definition's tables do not depend on how wide DuckDB happens to infer an expression.
 */
export interface PhysicalType {
  readonly duckdb: string
  readonly clickhouse: string
  readonly family: 'integer' | 'decimal' | 'double' | 'text' | 'bool' | 'date' | 'timestamp'
  /** Digits behind the point, for integers (0) and decimals. */
  readonly scale: number
}

/** The physical type of a DuckDB type, or `undefined` where Twofold cannot carry it. */
export function physicalType(duckdbType: string): PhysicalType | undefined {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(duckdbType)
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])]
    return {
      duckdb: `DECIMAL(${precision},${scale})`,
      clickhouse: `Decimal(${precision}, ${scale})`,
      family: 'decimal',
      scale,
    }
  }
  return PHYSICAL[duckdbType]
}

const SIGNED: PhysicalType = { duckdb: 'BIGINT', clickhouse: 'Int64', family: 'integer', scale: 0 }
const UNSIGNED: PhysicalType = { duckdb: 'UBIGINT', clickhouse: 'UInt64', family: 'integer', scale: 0 }
// DuckDB writes HUGEINT to Parquet as DOUBLE; as a decimal it stays exact.
const HUGE: PhysicalType = {
  duckdb: 'DECIMAL(38,0)',
  clickhouse: 'Decimal(38, 0)',
  family: 'decimal',
  scale: 0,
}
const DOUBLE: PhysicalType = { duckdb: 'DOUBLE', clickhouse: 'Float64', family: 'double', scale: 0 }
// A UUID travels as text: the two engines order UUIDs differently, text they order alike.
const TEXT: PhysicalType = { duckdb: 'VARCHAR', clickhouse: 'String', family: 'text', scale: 0 }
const TIMESTAMP: PhysicalType = {
  duckdb: 'TIMESTAMP',
  clickhouse: "DateTime64(6, 'UTC')",
  family: 'timestamp',
  scale: 0,
}

const PHYSICAL: Readonly<Record<string, PhysicalType>> = {
  BOOLEAN: { duckdb: 'BOOLEAN', clickhouse: 'Bool', family: 'bool', scale: 0 },
  TINYINT: SIGNED,
  SMALLINT: SIGNED,
  INTEGER: SIGNED,
  BIGINT: SIGNED,
  UTINYINT: SIGNED,
  USMALLINT: SIGNED,
  UINTEGER: SIGNED,
  UBIGINT: UNSIGNED,
  HUGEINT: HUGE,
  UHUGEINT: HUGE,
  FLOAT: DOUBLE,
  DOUBLE,
  VARCHAR: TEXT,
  UUID: TEXT,
  DATE: { duckdb: 'DATE', clickhouse: 'Date32', family: 'date', scale: 0 },
  TIMESTAMP,
  TIMESTAMP_S: TIMESTAMP,
  TIMESTAMP_MS: TIMESTAMP,
  TIMESTAMP_NS: TIMESTAMP,
}

/** The physical type of a finished value by its ClickHouse type, or `undefined` of a list. */
export function resultPhysicalType(resultType: string): PhysicalType | undefined {
  const clickhouse = resultType.replace(/^Nullable\((.*)\)$/, '$1')
  const scale = /^Decimal\(\d+, (\d+)\)$/.exec(clickhouse)?.[1]
  if (scale !== undefined) return { duckdb: '', clickhouse, family: 'decimal', scale: Number(scale) }
  return Object.values(PHYSICAL).find(type => type.clickhouse === clickhouse)
}

/**
 * `expression` cast to its physical type, failing on a value that ClickHouse could not hold: a double that is not
 * finite, a day or an instant outside 1900–2299. It fails by a cast and not by `error()`, which DuckDB counts as
 * volatile and so forbids inside TRY.
 */
export function castToPhysical(expression: string, type: PhysicalType): string {
  const value = `CAST((${expression}) AS ${type.duckdb})`
  const outside = (condition: string, failure: string) =>
    `CASE WHEN ${condition} THEN CAST('${failure}' AS ${type.duckdb}) ELSE ${value} END`
  switch (type.family) {
    case 'double':
      // ClickHouse groups −0 and 0 apart, DuckDB does not: −0 + 0 is 0.
      return `(${outside(`NOT isfinite(${value})`, 'not finite')}) + 0`
    case 'date':
      return outside(`${value} < DATE '1900-01-01' OR ${value} >= DATE '2300-01-01'`, 'out of range')
    case 'timestamp':
      return outside(
        `${value} < TIMESTAMP '1900-01-01' OR ${value} >= TIMESTAMP '2300-01-01'`,
        'out of range',
      )
    default:
      return value
  }
}
