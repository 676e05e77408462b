import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, loadavg, totalmem } from 'node:os'
import { openClickHouse } from '../../core/io/clickhouse/client.ts'
import type { Rig } from './rig/rig.ts'

/** What the figures were measured on and with, as one line. */
export async function describeMachine(rig: Rig): Promise<string> {
  const clickhouse = openClickHouse(rig.connections.clickhouse)
  const [version] = await clickhouse.rows<{ version: string }>('SELECT version() AS version')
  await clickhouse.close()
  const pom = readFileSync(new URL('../../docker/kafka/pom.xml', import.meta.url), 'utf8')
  const kafka = /<kafka\.version>([^<]+)/.exec(pom)?.[1] ?? 'of docker/kafka/pom.xml'
  const duckdb = createRequire(import.meta.url)('@duckdb/node-api/package.json').version
  const [processor] = cpus()
  return [
    `${new Date().toISOString().slice(0, 10)}`,
    `${cpus().length} cores (${processor?.model.trim()})`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `load at the beginning ${loadavg()[0]!.toFixed(1)}`,
    `Node ${process.versions.node}`,
    `ClickHouse ${version!.version}`,
    `Kafka ${kafka}`,
    `DuckDB ${duckdb}`,
    `commit ${commit()}`,
  ].join(' · ')
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
