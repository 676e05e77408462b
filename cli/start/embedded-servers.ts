import { join } from 'node:path'
import { type Running, type SupervisorEvent, supervise } from '../../core/io/process/supervise.ts'
import { startEmbeddedKafka } from '../../ingest/embedded-kafka/start-embedded-kafka.ts'
import { startEmbeddedClickHouse } from '../../serving/embedded-clickhouse/start.ts'
import type { ClickHouseAccess } from '../platform/connection-file.ts'
import {
  type Connections,
  embeddedKafka,
  externalClickHouse,
  externalKafka,
} from '../platform/connections.ts'
import type { Workspace } from '../project/workspace.ts'

export interface Servers {
  readonly connections: Connections
  /** The embedded ones, as other processes find them; `undefined` for those that are external. */
  readonly embedded: {
    readonly kafka: { readonly brokers: readonly string[] } | undefined
    readonly clickhouse: ClickHouseAccess | undefined
  }
  /** For people: what `stop` ends; `undefined` where both servers are external. */
  readonly stopping: string | undefined
  /** Ends the embedded servers: first ClickHouse, which nobody else waits for. */
  stop(): Promise<void>
}

export interface ServerEvents {
  readonly onProgress: (line: string) => void
  readonly onEvent: (event: SupervisorEvent) => void
}

interface StoppableServer<Access> {
  readonly access: Access
  stop(): Promise<void>
}

/** Starts, at the same time, those of Kafka and ClickHouse that the settings do not name; each again if it crashes. */
export async function startServers({ options, dataDir }: Workspace, events: ServerEvents): Promise<Servers> {
  const external = { kafka: externalKafka(options), clickhouse: externalClickHouse(options) }
  const [kafka, clickhouse] = await bothOrNone(
    external.kafka ? undefined : startKafka(dataDir, options.kafkaPort, options.kafkaHeapMb, events),
    external.clickhouse ? undefined : startClickHouse(dataDir, options.clickhouseMemoryMb, events),
  )
  return {
    connections: {
      kafka: external.kafka ?? embeddedKafka(kafka!.access.brokers),
      clickhouse: external.clickhouse ?? clickhouse!.access,
    },
    embedded: { kafka: kafka?.access, clickhouse: clickhouse?.access },
    stopping: [clickhouse && 'ClickHouse', kafka && 'Kafka'].filter(name => name).join(' and ') || undefined,
    async stop() {
      await clickhouse?.stop()
      await kafka?.stop()
    },
  }
}

/** What starts stays only where all that was to start did. */
async function bothOrNone<A extends { stop(): Promise<void> }, B extends { stop(): Promise<void> }>(
  first: Promise<A> | undefined,
  second: Promise<B> | undefined,
): Promise<[A | undefined, B | undefined]> {
  const [one, other] = await Promise.allSettled([first, second])
  if (one.status === 'fulfilled' && other.status === 'fulfilled') return [one.value, other.value]
  if (one.status === 'fulfilled') await one.value?.stop()
  if (other.status === 'fulfilled') await other.value?.stop()
  throw one.status === 'rejected' ? one.reason : (other as PromiseRejectedResult).reason
}

async function startKafka(
  dataDir: string,
  port: number,
  heapMb: number,
  { onProgress, onEvent }: ServerEvents,
): Promise<StoppableServer<{ readonly brokers: readonly string[] }>> {
  const start = async () => {
    const kafka = await startEmbeddedKafka({ dataDir: join(dataDir, 'kafka'), port, heapMb, onProgress })
    const exited = kafka.exited.then(code => ({ code, signal: null }))
    return { brokers: kafka.brokers, exited, stop: () => kafka.stop() } satisfies Running & {
      brokers: readonly string[]
    }
  }
  const supervisor = await supervise({ name: 'Kafka', start, onEvent })
  return { access: { brokers: supervisor.current.brokers }, stop: () => supervisor.stop() }
}

async function startClickHouse(
  dataDir: string,
  memoryMb: number,
  { onProgress, onEvent }: ServerEvents,
): Promise<StoppableServer<ClickHouseAccess>> {
  onProgress('Starting ClickHouse')
  const server = await startEmbeddedClickHouse({ dataDir, onEvent, memoryBytes: memoryMb * 2 ** 20 })
  const { url, user, password } = server
  return { access: { url, user, password }, stop: () => server.stop() }
}
