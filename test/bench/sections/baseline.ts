import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openClickHouse } from '../../../core/io/clickhouse/client.ts'
import { spawnTypeScript } from '../../support/spawn-typescript.ts'
import { recordsIn } from '../rig/clients.ts'
import { usageOf } from '../rig/process-usage.ts'
import type { Rig } from '../rig/rig.ts'
import type { Workload } from '../rig/workload.ts'
import { BASELINE_TABLES, RAW_TABLE } from './baseline-tables.ts'
import type { BaselineSettings } from './baseline-worker.ts'
import { measurePath, type PathFigures } from './speed.ts'

const WORKER = fileURLToPath(new URL('baseline-worker.ts', import.meta.url))

const CONTENDERS: { readonly [K in BaselineSettings['rows']]: string } = {
  raw: 'ClickHouse alone: raw table, materialized views, JSONEachRow',
  parsed: 'The same, with JSON.parse and checked rows in the consumer',
}

/**
 * What one would build by hand: a consumer with the same Kafka reader and the same batches inserts events into a raw
 * table, and materialized views with the same measures follow. It counts nothing exactly once, and keeps no record of
 * what it refuses.
 */
export async function benchBaseline(
  rig: Rig,
  workload: Workload,
  rows: BaselineSettings['rows'],
): Promise<PathFigures> {
  const database = `bench_baseline_${workload.name}_${rows}`
  const server = openClickHouse(rig.connections.clickhouse)
  await server.command(`CREATE DATABASE ${database}`)
  const connection = { ...rig.connections.clickhouse, database }
  const clickhouse = openClickHouse(connection)
  const [stream] = workload.project.streams
  const child = spawnTypeScript(WORKER, { name: 'baseline', logFile: join(rig.folder, 'baseline.log') })
  try {
    const tables = BASELINE_TABLES[workload.name]
    for (const statement of [tables.raw, ...tables.views]) await clickhouse.command(statement)
    const total = await recordsIn(rig.driver, stream!.topic)
    child.tell({
      rows,
      clickhouse: connection,
      kafka: rig.connections.kafka,
      topic: stream!.topic,
      columns: stream!.columns,
    } satisfies BaselineSettings)
    const count = async () => {
      const [found] = await clickhouse.rows<{ rows: string }>(`SELECT count() AS rows FROM ${RAW_TABLE}`)
      return Number(found!.rows)
    }
    const worker = { usage: () => usageOf(child.pid) }
    const measured = await measurePath(rig, worker, total, count)
    return { ...measured, contender: CONTENDERS[rows], workload: workload.name, rows: await count() }
  } finally {
    await child.end(5000)
    await server.command(`DROP DATABASE ${database}`)
    await clickhouse.close()
    await server.close()
  }
}
