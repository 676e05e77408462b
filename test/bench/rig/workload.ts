import { tmpdir } from 'node:os'
import { openDuckDB } from '../../../core/io/duckdb/session.ts'
import type { ProducerRecord } from '../../../core/io/kafka/driver.ts'
import type { ProjectDefinition } from '../../../core/model/project.ts'
import flightsProject from '../../../examples/flights/twofold.config.ts'
import { generateShop } from '../../../examples/shop/generate.ts'
import shopProject from '../../../examples/shop/twofold.config.ts'
import { locateSample } from '../../../ingest/sample/locate-sample.ts'

/** An example project and events of its stream: the same in every run. */
export interface Workload {
  readonly name: 'shop' | 'flights'
  readonly project: ProjectDefinition
  /** As they are produced: each with its stream's key. */
  readonly records: readonly ProducerRecord[]
  readonly bytesPerEvent: number
}

/** Beyond so many the events of the shop come again: to make them takes longer than to measure with them. */
const DISTINCT_SHOP_EVENTS = 200_000

/** Clicks of the shop: ten columns, two views, sixteen measures of every kind. */
export function shopWorkload(events: number): Workload {
  const distinct = [...generateShop({ seed: 7, count: Math.min(events, DISTINCT_SHOP_EVENTS) })].map(
    ({ bytes }): ProducerRecord => ({
      key: Buffer.from(/"user_id":(\d+)/.exec(Buffer.from(bytes).toString('latin1'))![1]!),
      value: bytes,
    }),
  )
  return workload(
    'shop',
    shopProject,
    Array.from({ length: events }, (_, index) => distinct[index % distinct.length]!),
  )
}

/** Flights, as the demonstration produces them: five columns, two views of the same five measures. */
export async function flightsWorkload(events: number): Promise<Workload> {
  const path = locateSample(flightsProject.sample!.file, import.meta.dirname)
  const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 1000, tempDirectory: tmpdir() })
  try {
    const session = await duckdb.session()
    const rows = await session.rows<{ origin: string; event: string }>(
      `SELECT origin, format('{{"date":"{}","delay":{},"distance":{},"origin":"{}","destination":"{}"}}',
         strftime(date, '%Y-%m-%dT%H:%M:%SZ'), delay, distance, origin, destination) AS event
       FROM '${path}' LIMIT ${events}`,
    )
    const records = rows.map(({ origin, event }) => ({ key: Buffer.from(origin), value: Buffer.from(event) }))
    return workload('flights', flightsProject, records)
  } finally {
    await duckdb.close()
  }
}

function workload(
  name: Workload['name'],
  project: ProjectDefinition,
  records: readonly ProducerRecord[],
): Workload {
  const sizeBytes = records.reduce((sum, record) => sum + record.value!.length, 0)
  return { name, project, records, bytesPerEvent: sizeBytes / records.length }
}
