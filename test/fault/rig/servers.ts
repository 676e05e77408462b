import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type DuckDB, openDuckDB } from '../../../core/io/duckdb/session.ts'
import type { KafkaDriver } from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import {
  type EmbeddedKafka,
  startEmbeddedKafka,
} from '../../../ingest/embedded-kafka/start-embedded-kafka.ts'
import {
  type EmbeddedClickHouse,
  startEmbeddedClickHouse,
} from '../../../serving/embedded-clickhouse/start.ts'
import { steadyPort } from '../../support/steady-port.ts'
import { KafkaTools } from './kafka-tools.ts'
import { TcpProxy } from './tcp-proxy.ts'

/** The two servers at which the layers meet, of one test file. */
export interface Servers {
  readonly clickhouse: EmbeddedClickHouse
  readonly kafka: EmbeddedKafka
  /** Before a second address of the broker: clients that ask there are sent on through this proxy alone. */
  readonly kafkaProxy: TcpProxy
  readonly brokersBehindProxy: readonly string[]
  /** The test's own way to the broker, past the proxy. */
  readonly driver: KafkaDriver
  readonly duckdb: DuckDB
  /** What only administrators and transactional producers do. */
  readonly kafkaTools: KafkaTools
  /** Ends the broker, or kills it, and starts it again over its data. */
  restartKafka(how?: 'stop' | 'kill'): Promise<void>
}

/**
 * One embedded Kafka and one embedded ClickHouse for a test file. To be called at its top level. `prepare` may see to
 * the data directory before they start, and answers how to undo that when they have ended.
 */
export function withServers(prepare: (dataDir: string) => () => void = () => () => {}): Servers {
  const dataDir = mkdtempSync(join(tmpdir(), 'twofold-fault-'))
  let clickhouse: EmbeddedClickHouse
  let kafka: EmbeddedKafka
  let kafkaProxy: TcpProxy
  let driver: KafkaDriver
  let duckdb: DuckDB
  let kafkaTools: KafkaTools
  let startKafka: () => Promise<EmbeddedKafka>
  let undo = () => {}

  beforeAll(async () => {
    undo = prepare(dataDir)
    const [port, proxied, controller] = [await steadyPort(), await steadyPort(), await steadyPort()]
    kafkaProxy = await TcpProxy.open(proxied)
    const settings = listeners(port, proxied, kafkaProxy.port, controller)
    startKafka = () =>
      startEmbeddedKafka({
        dataDir: join(dataDir, 'kafka'),
        heapMb: 256,
        onProgress: () => {},
        ...{ port, settings },
      })
    const started = await Promise.all([startKafka(), startEmbeddedClickHouse({ dataDir, onEvent: () => {} })])
    kafka = started[0]
    clickhouse = started[1]
    driver = await openKafkaDriver('kafkajs', { brokers: kafka.brokers, clientId: 'test' })
    kafkaTools = await KafkaTools.open(kafka.brokers)
    duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 512, tempDirectory: dataDir })
  })
  afterAll(async () => {
    await driver?.close()
    await kafkaTools?.close()
    await duckdb?.close()
    await kafkaProxy?.close()
    await clickhouse?.stop()
    await kafka?.stop()
    undo()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })

  return {
    get clickhouse() {
      return clickhouse
    },
    get kafka() {
      return kafka
    },
    get kafkaProxy() {
      return kafkaProxy
    },
    get brokersBehindProxy() {
      return [`127.0.0.1:${kafkaProxy.port}`]
    },
    get driver() {
      return driver
    },
    get duckdb() {
      return duckdb
    },
    get kafkaTools() {
      return kafkaTools
    },
    async restartKafka(how = 'stop') {
      if (how === 'kill') process.kill(kafka.pid, 'SIGKILL')
      await kafka.stop()
      kafka = await startKafka()
    },
  }
}

/** A broker tells clients where to go on by the address at which they came; so the proxied ones need their own. */
function listeners(
  port: number,
  proxied: number,
  proxyPort: number,
  controller: number,
): Record<string, string> {
  const at = (name: string, number: number) => `${name}://127.0.0.1:${number}`
  return {
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: [at('PLAINTEXT', port), at('PROXIED', proxied), at('CONTROLLER', controller)].join(),
    'advertised.listeners': [at('PLAINTEXT', port), at('PROXIED', proxyPort)].join(),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    // Compaction, and the end of transactions whose producer is gone, come in seconds.
    'log.cleaner.backoff.ms': '500',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
  }
}
