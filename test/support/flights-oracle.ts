import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { murmur2 } from '../../core/io/kafka/partitioner.ts'
import { locateSample } from '../../ingest/sample/locate-sample.ts'
import type { Row } from './api.ts'
import { type Nearness, numeric, within } from './differences.ts'
import { ROOT } from './twofold-home.ts'

const FILE = locateSample('npm:vega-datasets/data/flights-3m.parquet', ROOT)
const PARTITIONS = 4

/** The measures of the example's views, as one would write them in DuckDB, and what bounds their error. */
const MEASURES = `count(*) AS flights, avg(delay) AS delay_mean, quantile_cont(delay, 0.95) AS delay_p95,
  count(DISTINCT origin || '-' || destination) AS routes, max(delay) AS delay_max,
  avg(abs(delay)) AS delay_size`

/** A question in SQL: what it groups by, as `column → expression`, and what it keeps. */
export interface SqlQuestion {
  readonly by: Readonly<Record<string, string>>
  readonly where?: string
}

/**
 * Plain DuckDB over the example's file. Row and offset are known of each other: an airport's flights share the
 * partition that Kafka's murmur2 names, in the order of the file, and nothing else is in the topic.
 */
export class FlightsOracle {
  readonly #connection: DuckDBConnection

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection
  }

  /** Knows the first `rows` of the file. */
  static async open(rows: number): Promise<FlightsOracle> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await connection.run(`CREATE TABLE file AS SELECT *, file_row_number AS row FROM read_parquet('${FILE}',
      file_row_number = true) WHERE file_row_number < ${rows}`)
    await connection.run('CREATE TABLE airport (origin VARCHAR, partition INTEGER)')
    const airports = (await connection.runAndReadAll('SELECT DISTINCT origin FROM file')).getRowObjectsJson()
    const places = airports.map(({ origin }) => `('${origin}', ${partitionOf(String(origin))})`)
    await connection.run(`INSERT INTO airport VALUES ${places.join(', ')}`)
    await connection.run(`CREATE TABLE flight AS SELECT *,
      row_number() OVER (PARTITION BY partition ORDER BY row) - 1 AS "offset" FROM file JOIN airport USING (origin)`)
    return new FlightsOracle(connection)
  }

  /** Answers a question over the records below the offsets `through`, in no order. */
  async answer(
    { by, where = 'true' }: SqlQuestion,
    through: Readonly<Record<string, number>>,
  ): Promise<Row[]> {
    const parts = Object.entries(through).map(
      ([partition, end]) => `(partition = ${partition} AND "offset" < ${end})`,
    )
    const columns = Object.entries(by).map(([name, sql]) => `${sql} AS "${name}"`)
    const grouping = columns.length === 0 ? '' : `GROUP BY ${columns.map((_, index) => index + 1).join(', ')}`
    const reader = await this.#connection.runAndReadAll(
      `SELECT ${[...columns, MEASURES].join(', ')} FROM flight WHERE (${parts.join(' OR ')}) AND (${where}) ${grouping}`,
    )
    return reader.getRowObjectsJS().map(numeric)
  }

  close(): void {
    this.#connection.closeSync()
  }
}

function partitionOf(origin: string): number {
  return (murmur2(Buffer.from(origin)) & 0x7fffffff) % PARTITIONS
}

/** Of the rest nothing less than equality is promised. */
export const FLIGHTS_NEARNESS: Readonly<Record<string, Nearness>> = {
  delay_mean: (found, wanted, row) =>
    Math.abs(found - wanted) <= 1e-9 * Math.max(1, row['delay_size'] as number),
  routes: within(0.02),
  // Of whole numbers: half a unit comes from rounding.
  delay_p95: within(0.01, 0.5),
}
