import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { KafkaDriver } from '../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { freePort } from '../../core/io/process/free-port.ts'
import { startEmbeddedKafka } from '../../ingest/embedded-kafka/start-embedded-kafka.ts'

export interface KafkaFigures {
  readonly driver: KafkaDriver['name']
  /** Events a second, the best of the rounds. */
  readonly produced: number
  readonly consumed: number
}

const EVENT_BYTES = 141
const EVENTS_A_CALL = 5_000
const EVENTS = 500_000
const PARTITIONS = 4
const TOPIC = { partitions: PARTITIONS, replicationFactor: 1, retentionMs: undefined }
const LIMITS = { maxWaitMs: 100, maxBytes: 16_000_000, maxPartitionBytes: 4_000_000 }

/** Times producing and consuming through the port, on an embedded broker of its own. */
export async function benchKafka(name: KafkaDriver['name'], rounds = 3): Promise<KafkaFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'twofold-bench-'))
  const broker = await startEmbeddedKafka({ dataDir, port: await freePort(), onProgress: () => {} })
  const driver = await openKafkaDriver(name, { brokers: broker.brokers, clientId: 'bench' })
  try {
    let produced = 0
    let consumed = 0
    for (let round = 0; round < rounds; round++) {
      const topic = `round-${round}`
      await driver.createTopic(topic, TOPIC)
      produced = Math.max(produced, await rate(() => produce(driver, topic)))
      consumed = Math.max(consumed, await rate(() => consume(driver, topic)))
    }
    return { driver: name, produced, consumed }
  } finally {
    await driver.close()
    await broker.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function rate(run: () => Promise<void>): Promise<number> {
  const startMs = performance.now()
  await run()
  return Math.round(EVENTS / ((performance.now() - startMs) / 1_000))
}

async function produce(driver: KafkaDriver, topic: string): Promise<void> {
  const record = { key: null, value: Buffer.alloc(EVENT_BYTES, 'x') }
  const call = new Array(EVENTS_A_CALL).fill(record)
  const producer = await driver.openProducer()
  for (let sent = 0; sent < EVENTS; sent += EVENTS_A_CALL) await producer.send(topic, call)
  await producer.close()
}

async function consume(driver: KafkaDriver, topic: string): Promise<void> {
  const { topicId, partitions } = (await driver.describeTopic(topic))!
  const reader = await driver.openReader(topic, topicId)
  const positions = new Map(partitions.map(partition => [partition, 0]))
  for (let read = 0; read < EVENTS; ) {
    for (const { partition, end, records } of await reader.fetch(positions, LIMITS)) {
      read += records.length
      positions.set(partition, end)
    }
  }
  await reader.close()
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.table([await benchKafka('kafkajs'), await benchKafka('node-rdkafka')])
}
