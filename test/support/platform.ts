import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Admin, Kafka, type Transaction } from 'kafkajs'
import { afterAll, afterEach, beforeAll, onTestFinished } from 'vitest'
import { Archiver } from '../../batch-layer/archive/archiver.ts'
import { compileDecoder } from '../../core/decode/compile.ts'
import { decoderId } from '../../core/io/decoder-id.ts'
import { bindProject } from '../../core/io/duckdb/bind-view.ts'
import { openDuckDB } from '../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../core/io/files.ts'
import type { KafkaDriver, ProducerRecord } from '../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { archiveFolder, type LayerContext } from '../../core/io/layer-context.ts'
import type { LogFields } from '../../core/io/log.ts'
import { resolveOptions } from '../../core/io/options.ts'
import { freePort } from '../../core/io/process/free-port.ts'
import { prepareTables } from '../../core/io/store/prepare.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import { SPEED_KIND, speedTable } from '../../core/sql/tables.ts'
import { type EmbeddedKafka, startEmbeddedKafka } from '../../ingest/embedded-kafka/start-embedded-kafka.ts'
import { runSpeedLayer } from '../../speed-layer/run.ts'
import { withClickHouse } from './clickhouse.ts'
import { until } from './processes.ts'

/** A platform of one test: a context over real parts, and its layers to be run by hand. */
export interface Platform {
  readonly context: LayerContext
  readonly logged: readonly { readonly level: string; readonly message: string; readonly fields: LogFields }[]
  /** Produces to the first stream's topic. */
  produce(records: readonly ProducerRecord[]): Promise<void>
  /** Archives all that is in the first stream's topic now, and ends. */
  archive(): Promise<void>
  /** Runs the speed layer until every configured view has all that is in the topic now, and ends. */
  speed(): Promise<void>
  /** The same data under another configuration. */
  reconfigured(project: ProjectDefinition): Promise<Platform>
}

export interface PlatformOfTest {
  readonly admin: Admin
  /** Begins a transaction of a producer of its own. */
  transaction(): Promise<Transaction>
  /** A platform with topics of its own, in a temporary folder, gone when the test is over. */
  open(project: ProjectDefinition, options?: Readonly<Record<string, number>>): Promise<Platform>
}

/** One embedded Kafka and one embedded ClickHouse for a test file. To be called at its top level. */
export function withPlatform(): PlatformOfTest {
  const clickhouse = withClickHouse()
  const kafkaDir = mkdtempSync(join(tmpdir(), 'twofold-kafka-'))
  let kafka: EmbeddedKafka
  let driver: KafkaDriver
  let client: Kafka
  let admin: Admin
  let transactions = 0
  const closing: (() => Promise<void>)[] = []

  beforeAll(async () => {
    kafka = await startEmbeddedKafka({ dataDir: kafkaDir, port: await freePort(), onProgress: () => {} })
    driver = await openKafkaDriver('kafkajs', { brokers: kafka.brokers, clientId: 'test' })
    client = new Kafka({ brokers: [...kafka.brokers], logCreator: () => () => {} })
    admin = client.admin()
    await admin.connect()
  })
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close()
  })
  afterAll(async () => {
    await admin?.disconnect()
    await driver?.close()
    await kafka?.stop()
    rmSync(kafkaDir, { recursive: true, force: true })
  })

  async function openContext(
    project: ProjectDefinition,
    options: Readonly<Record<string, number>>,
    dataDir: string,
  ): Promise<Platform> {
    const duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 512, tempDirectory: join(dataDir, 'spill') })
    closing.push(() => duckdb.close())
    const session = await duckdb.session()
    const views = await bindProject(session, project)
    await session.close()
    await prepareTables(clickhouse.clickHouse, views)
    const logged: { level: string; message: string; fields: LogFields }[] = []
    const log =
      (level: string) =>
      (message: string, fields: LogFields = {}) => {
        logged.push({ level, message, fields })
      }
    const context: LayerContext = {
      project,
      options: resolveOptions({ batchThreads: 1, batchMemoryMb: 512, refreshMs: 200, ...options }, {}),
      views,
      clickhouse: clickhouse.clickHouse,
      clickhouseConnection: { ...clickhouse.server, database: clickhouse.database },
      driver,
      duckdb,
      dataDir,
      log: { info: log('info'), warn: log('warn'), error: log('error') },
    }
    return {
      context,
      logged,
      produce: records => produce(context, records),
      archive: () => archive(context),
      speed: () => speed(context),
      reconfigured: changed => openContext(changed, options, dataDir),
    }
  }

  return {
    get admin() {
      return admin
    },
    async transaction() {
      const options = {
        transactionalId: `transaction-${++transactions}`,
        maxInFlightRequests: 1,
        idempotent: true,
      }
      const producer = client.producer(options)
      await producer.connect()
      closing.push(() => producer.disconnect())
      return producer.transaction()
    },
    async open(project, options = {}) {
      const dataDir = mkdtempSync(join(tmpdir(), 'twofold-data-'))
      onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }))
      for (const stream of project.streams) await driver.createTopic(stream.topic, stream.topicSettings)
      return openContext(project, options, dataDir)
    },
  }
}

async function produce(context: LayerContext, records: readonly ProducerRecord[]): Promise<void> {
  const producer = await context.driver.openProducer()
  await producer.send(context.project.streams[0]!.topic, records)
  await producer.close()
}

async function archive(context: LayerContext): Promise<void> {
  const stream = context.project.streams[0]!
  const session = await context.duckdb.session()
  const { archiveSegmentRecords, archiveSegmentBytes, refreshMs } = context.options
  const archiver = new Archiver({
    stream,
    driver: context.driver,
    clickhouse: context.clickhouse,
    session,
    files: nodeFiles,
    archive: archiveFolder(context),
    decoder: compileDecoder(stream),
    decoderId: decoderId(stream),
    segmentRecords: archiveSegmentRecords,
    segmentBytes: archiveSegmentBytes,
    flushMs: 50,
    refreshMs,
  })
  const stopping = new AbortController()
  const running = archiver.run(stopping.signal)
  const ends = await context.driver.offsets(stream.topic)
  await Promise.race([
    running,
    until('the archive has all', () =>
      [...ends].every(([p, { end }]) => (archiver.ends.get(p) ?? -1) >= end),
    ),
  ])
  stopping.abort()
  await running
  await session.close()
}

async function speed(context: LayerContext): Promise<void> {
  const stopping = new AbortController()
  const running = runSpeedLayer(context, {}, stopping.signal)
  const ends = await context.driver.offsets(context.project.streams[0]!.topic)
  try {
    await until('the speed layer has all', () => hasAll(context, ends))
  } finally {
    stopping.abort()
    await running
  }
}

async function hasAll(
  context: LayerContext,
  ends: ReadonlyMap<number, { readonly end: number }>,
): Promise<boolean> {
  for (const view of context.views) {
    const rows = await context.clickhouse.rows<{ p: number; end: string }>(
      `SELECT __partition AS p, max(__end) AS end FROM ${speedTable(view)} WHERE __kind = ${SPEED_KIND.marker} GROUP BY p`,
    )
    const reached = new Map(rows.map(({ p, end }) => [p, Number(end)]))
    if (![...ends].every(([p, { end }]) => (reached.get(p) ?? -1) >= end)) return false
  }
  return true
}
