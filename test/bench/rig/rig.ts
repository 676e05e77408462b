import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connections } from '../../../cli/platform/connections.ts'
import { startServers } from '../../../cli/start/embedded-servers.ts'
import type { KafkaDriver } from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { resolveOptions } from '../../../core/io/options.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import shopProject from '../../../examples/shop/twofold.config.ts'
import { commandLineOf, descendantsOf, isKafka, type Usage, usageOf } from './process-usage.ts'

/** The servers that all measurements share: the embedded Kafka and ClickHouse, with a folder of their own. */
export interface Rig {
  readonly folder: string
  readonly connections: Connections
  readonly driver: KafkaDriver
  /** What the two servers have used, and this process, in which ClickHouse's reverse proxy runs. */
  usage(): ServerUsage
  close(): Promise<void>
}

export interface ServerUsage {
  readonly kafka: Usage
  readonly clickhouse: Usage
  readonly bench: Usage
}

/** Starts the servers. */
export async function openRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'twofold-bench-'))
  const options = resolveOptions({ kafkaPort: await freePort() }, {})
  const workspace = { configPath: '', project: shopProject, options, dataDir: folder }
  const servers = await startServers(workspace, { onProgress: () => {}, onEvent: () => {} })
  const { connections } = servers
  const driver = await openKafkaDriver('kafkajs', connections.kafka)
  const children = descendantsOf(process.pid)
  const kafka = children.find(pid => isKafka(commandLineOf(pid)))
  const clickhouse = children.find(pid => commandLineOf(pid).includes('embedded-clickhouse'))
  return {
    folder,
    connections,
    driver,
    usage: () => ({ kafka: usageOf(kafka), clickhouse: usageOf(clickhouse), bench: usageOf(process.pid) }),
    async close() {
      await driver.close()
      await servers.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
