import { openClickHouse } from '../../core/io/clickhouse/client.ts'
import { assertServerVersion } from '../../core/io/clickhouse/version.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import type { LayerContext } from '../../core/io/layer-context.ts'
import type { Log } from '../../core/io/log.ts'
import type { Options } from '../../core/io/options.ts'
import { openTemporaryFolder } from '../../core/io/process/temporary-folder.ts'
import { prepareTables } from '../../core/io/store/prepare.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import type { BoundView } from '../../core/model/view.ts'
import type { Workspace } from '../project/workspace.ts'
import { bindViews } from './bind.ts'
import { type Connections, findConnections } from './connections.ts'
import { prepareDataDir } from './data-dir.ts'

/** All that a layer needs to open its context. Plain data: `start` sends it to its children as JSON. */
export interface ContextSettings {
  readonly project: ProjectDefinition
  readonly options: Options
  readonly views: readonly BoundView[]
  readonly dataDir: string
  readonly connections: Connections
}

export interface OpenContext {
  readonly context: LayerContext
  /** Closes all connections; what runs is broken off. */
  close(): Promise<void>
}

/** Opens the ways to the outside. Nothing is sent yet. @throws DATA_DIR_FOREIGN, DATA_DIR_UNUSABLE */
export async function openContext(settings: ContextSettings, log: Log): Promise<OpenContext> {
  const { project, options, views, dataDir, connections } = settings
  prepareDataDir(dataDir)
  // DuckDB's temporary files have the same names in every process.
  const temporary = await openTemporaryFolder(dataDir, 'duckdb')
  const clickhouseConnection = { ...connections.clickhouse, database: options.clickhouseDatabase }
  const clickhouse = openClickHouse(clickhouseConnection)
  const driver = await openDriver(settings)
  // One thread: statements of several sessions run side by side anyway, and a small one is faster on one thread.
  const duckdb = await openDuckDB({
    threads: 1,
    memoryLimitMb: options.speedMemoryMb,
    tempDirectory: temporary.path,
  })
  return {
    context: { project, options, views, clickhouse, clickhouseConnection, driver, duckdb, dataDir, log },
    async close() {
      await driver.close()
      await clickhouse.close()
      await duckdb.close()
      temporary.remove()
    },
  }
}

/**
 * Makes the two servers ready for a project: creates the database, its tables, and the topics that do not exist yet.
 * Any number of processes may do so at once. @throws CLICKHOUSE_TOO_OLD
 */
export async function prepareServers(settings: ContextSettings): Promise<void> {
  const { project, options, views, connections } = settings
  await createDatabase(connections, options.clickhouseDatabase)
  const clickhouse = openClickHouse({ ...connections.clickhouse, database: options.clickhouseDatabase })
  const driver = await openDriver(settings)
  try {
    for (const stream of project.streams) await driver.createTopic(stream.topic, stream.topicSettings)
    await prepareTables(clickhouse, views)
  } finally {
    await driver.close()
    await clickhouse.close()
  }
}

/**
 * Runs a command with the context of a workspace's platform, which must be running.
 * @throws NOT_RUNNING where neither the settings nor a platform in the data directory name the servers
 */
export async function withContext<T>(
  workspace: Workspace,
  log: Log,
  work: (context: LayerContext) => Promise<T>,
): Promise<T> {
  const { project, options, dataDir } = workspace
  const connections = findConnections(options, dataDir)
  const settings = { project, options, dataDir, connections, views: await bindViews(project) }
  await prepareServers(settings)
  const { context, close } = await openContext(settings, log)
  try {
    return await work(context)
  } finally {
    await close()
  }
}

/** The database, on a server that is known to be new enough for what comes after. */
async function createDatabase({ clickhouse: access }: Connections, database: string): Promise<void> {
  const server = openClickHouse(access)
  try {
    await assertServerVersion(server)
    await server.command('CREATE DATABASE IF NOT EXISTS {database:Identifier}', { params: { database } })
  } finally {
    await server.close()
  }
}

function openDriver({ options, connections }: ContextSettings): Promise<KafkaDriver> {
  return openKafkaDriver(options.kafkaDriver as KafkaDriver['name'], connections.kafka)
}
