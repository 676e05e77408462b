import { join } from 'node:path'
import type { ProjectDefinition } from '../model/project.ts'
import type { BoundView } from '../model/view.ts'
import type { ClickHouse, ClickHouseConnection } from './clickhouse/client.ts'
import type { DuckDB } from './duckdb/session.ts'
import type { KafkaDriver } from './kafka/driver.ts'
import type { Log } from './log.ts'
import type { Options } from './options.ts'

/** What every layer is given: the project and the ways to the outside. */
export interface LayerContext {
  readonly project: ProjectDefinition
  readonly options: Options
  /** The project's views, bound. */
  readonly views: readonly BoundView[]
  readonly clickhouse: ClickHouse
  /** How a child process reaches the same ClickHouse. */
  readonly clickhouseConnection: ClickHouseConnection
  readonly driver: KafkaDriver
  readonly duckdb: DuckDB
  /** Absolute path of the data directory. */
  readonly dataDir: string
  readonly log: Log
}

/** The folder of the master dataset. */
export function archiveFolder(context: Pick<LayerContext, 'dataDir'>): string {
  return join(context.dataDir, 'archive')
}
