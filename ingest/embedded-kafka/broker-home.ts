import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '../../core/io/process/free-port.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { KAFKA_HOME } from './jars.ts'
import { serverProperties } from './server-properties.ts'

/** The files of one embedded broker, and its cluster's id. */
export interface BrokerHome {
  readonly properties: string
  readonly data: string
  readonly log: string
  readonly console: string
  readonly clusterId: string
}

/** Makes the folder and writes the configuration, with a free port for the controller. The cluster's id is made once. */
export async function prepareHome(
  dataDir: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<BrokerHome> {
  await mkdir(dataDir, { recursive: true })
  const file = (name: string): string => join(dataDir, name)
  const data = file('data')
  const properties = file('server.properties')
  await writeFile(
    properties,
    serverProperties({ port, controllerPort: await freePort(), logDir: data, settings }),
  )
  const clusterId = await readOrCreate(file('cluster-id'), newClusterId)
  return { properties, data, log: file('kafka.log'), console: file('console.log'), clusterId }
}

async function readOrCreate(path: string, create: () => string): Promise<string> {
  if (!existsSync(path)) await writeFile(path, create())
  return readFile(path, 'utf8')
}

/** As Kafka writes UUIDs; its tools would take one that starts with a dash for an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newClusterId() : id
}

/**
 * Writes the cluster's id into the data folder, which Kafka demands before its first start.
 *
 * @throws KAFKA_START_FAILED
 */
export async function formatOnce(
  java: string,
  classpath: readonly string[],
  home: BrokerHome,
): Promise<void> {
  if (existsSync(join(home.data, 'meta.properties'))) return
  const args = ['kafka.tools.StorageTool', 'format', '-t', home.clusterId, '-c', home.properties]
  // Where a start was cut short here, some of the files may be there already.
  const run = promisify(execFile)(java, [
    '-XX:TieredStopAtLevel=1',
    ...classpath,
    ...args,
    '--ignore-formatted',
  ])
  await run.catch((cause: Error & { stderr?: string }) => {
    throw new TwofoldError(
      'KAFKA_START_FAILED',
      `Formatting Kafka's data folder failed: ${cause.stderr ?? cause.message}`,
      { cause },
    )
  })
}

/** How Java runs the broker, without the classpath. */
export function javaOptions(heapMb: number, home: BrokerHome): string[] {
  return [
    `-Xmx${heapMb}m`,
    // Starts in 2.3 s instead of 4.0, for half the CPU time; the produce rate stayed the same, the peak consume rate may suffer.
    '-XX:TieredStopAtLevel=1',
    '-Djava.awt.headless=true',
    `-Dlog4j2.configurationFile=${join(KAFKA_HOME, 'log4j2.xml')}`,
    `-Dtwofold.kafka.log=${home.log}`,
  ]
}
