import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterLink } from '../../core/io/kafka/cluster-link.ts'
import { metadataRequest } from '../../core/io/kafka/protocol/metadata.ts'
import { assertPortFree } from '../../core/io/process/free-port.ts'
import { acquireInstanceLock } from '../../core/io/process/instance-lock.ts'
import { awaitOrphans, recordChild } from '../../core/io/process/orphans.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { type BrokerHome, formatOnce, javaOptions, prepareHome } from './broker-home.ts'
import { fetchJars } from './jars.ts'
import { type KafkaProcess, startProcess } from './kafka-process.ts'
import { findJava } from './tools.ts'

export interface EmbeddedKafkaOptions {
  /** Holds the broker's data, configuration and log. Created where missing; one broker at a time. */
  readonly dataDir: string
  /** The port on 127.0.0.1 where clients connect. */
  readonly port: number
  /** The limit of Java's heap, 512 by default. */
  readonly heapMb?: number
  /** Settings of the broker that come on top of its own, by Kafka's names. */
  readonly settings?: Readonly<Record<string, string>>
  /** Told, in words for people, what is going on. */
  onProgress(line: string): void
}

export interface EmbeddedKafka {
  readonly brokers: readonly string[]
  /** Of the Java process. */
  readonly pid: number
  /** Ends the broker cleanly, about two seconds; its data stays. */
  stop(): Promise<void>
  /** The exit code, as soon as the broker has ended for whatever reason. */
  readonly exited: Promise<number | null>
}

const READY_WITHIN_MS = 60_000
const ASK_EVERY_MS = 50
const NAME = 'kafka'
/** A broker whose parent was killed ends within 8 s, by its own will or not; longer only where the machine stands still. */
const ORPHANS_TIMEOUT_MS = 15_000

/**
 * Starts Apache Kafka as a child process: one node, on the loopback address alone, data on disk. Answers when
 * the broker serves requests and has proved, by its cluster's id, to be this one. It ends with this process,
 * however this process ends; a start that comes before it has ended waits for it.
 *
 * @throws JAVA_MISSING, MAVEN_MISSING, KAFKA_FETCH_FAILED, KAFKA_PORT_IN_USE, KAFKA_START_FAILED
 * @throws DATA_DIR_IN_USE if another process runs a broker in this directory
 * @throws ORPHAN_ALIVE if the broker of a process that was killed cannot be ended
 */
export async function startEmbeddedKafka(options: EmbeddedKafkaOptions): Promise<EmbeddedKafka> {
  const java = await findJava()
  const classpath = ['-cp', join(await fetchJars(options.onProgress), '*')]
  const lock = await acquireInstanceLock(options.dataDir, 'broker')
  try {
    await awaitOrphans(options.dataDir, { timeoutMs: ORPHANS_TIMEOUT_MS })
    const server = await startBroker(options, java, classpath)
    const exited = server.exited.finally(() => lock.release())
    return {
      brokers: [`127.0.0.1:${options.port}`],
      pid: server.pid,
      async stop() {
        await server.stop()
        await exited
      },
      exited,
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Starts the broker once; nobody else is at work in its directory. */
async function startBroker(
  { dataDir, port, heapMb = 512, settings = {}, onProgress }: EmbeddedKafkaOptions,
  java: string,
  classpath: readonly string[],
): Promise<KafkaProcess> {
  await requireFreePort(port)
  const home = await prepareHome(dataDir, port, settings)
  await formatOnce(java, classpath, home)
  onProgress(`Starting Apache Kafka on port ${port}`)
  const args = [...javaOptions(heapMb, home), ...classpath, 'kafka.Kafka', home.properties]
  let forget = () => {}
  const server = await startProcess(java, args, home.console, pid => {
    forget = recordChild(dataDir, { name: NAME, pid })
  })
  // Where a signal ended the shell alone, Java is still there for a while, and stays on record.
  void server.exited.then(code => code !== null && forget())
  try {
    await awaitReady(server, port, home)
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

async function requireFreePort(port: number): Promise<void> {
  await assertPortFree(port, '127.0.0.1', 'Kafka').catch(error => {
    throw error instanceof TwofoldError && error.code === 'PORT_IN_USE' ? portInUse(port) : error
  })
}

async function awaitReady(server: KafkaProcess, port: number, home: BrokerHome): Promise<void> {
  const link = new ClusterLink({ brokers: [`127.0.0.1:${port}`], clientId: 'twofold-start' })
  const deadline = performance.now() + READY_WITHIN_MS
  let ended = false
  void server.exited.then(() => (ended = true))
  try {
    while (performance.now() < deadline) {
      if (ended) throw await startFailed(port, home, 'ended before it was ready')
      const metadata = await link.askAny(metadataRequest([])).catch(() => undefined)
      if (metadata !== undefined && metadata.clusterId !== home.clusterId) throw portInUse(port)
      // A broker that is not yet registered knows of none, not even of itself.
      if (metadata !== undefined && metadata.brokers.length > 0) return
      await sleep(ASK_EVERY_MS)
    }
    throw await startFailed(port, home, `was not ready within ${READY_WITHIN_MS / 1000} s`)
  } finally {
    await link.close()
  }
}

function portInUse(port: number): TwofoldError {
  const message = `Kafka cannot listen on 127.0.0.1:${port}: another program uses this port.`
  return new TwofoldError('KAFKA_PORT_IN_USE', message, { details: { port } })
}

async function startFailed(port: number, home: BrokerHome, how: string): Promise<TwofoldError> {
  const texts = await Promise.all(
    [home.log, home.console].map(path => readFile(path, 'utf8').catch(() => '')),
  )
  const lines = texts
    .join('\n')
    .split('\n')
    .filter(line => line.trim() !== '')
  if (lines.some(line => line.includes('Address already in use'))) return portInUse(port)
  const message = `Kafka ${how}. The end of its log, ${home.log}:\n${lines.slice(-5).join('\n')}`
  return new TwofoldError('KAFKA_START_FAILED', message, { details: { log: home.log } })
}
