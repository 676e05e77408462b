import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProducerRecord } from '../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../core/io/kafka/open-driver.ts'
import { type Answer, type Api, eventually, type Question } from '../support/api.ts'
import type { TwofoldHome } from '../support/twofold-home.ts'
import { orderLines, readingLines } from './events.ts'

/** What a version of Twofold answered on the data directory that is frozen beside it. */
export interface FrozenAnswers {
  readonly version: string
  /** How many lines of each stream the directory holds. */
  readonly lines: { readonly orders: number; readonly readings: number }
  readonly generation: number
  readonly answers: readonly { readonly question: Question; readonly data: Answer['data'] }[]
}

/** Questions to every view of the frozen project, which together read every column of its tables. */
export const QUESTIONS: readonly Question[] = [
  { view: 'sales_by_minute' },
  { view: 'sales_by_minute', dimensions: ['country', 'gift', 'due_month'] },
  { view: 'sales_by_minute', grain: 'minute', measures: ['orders', 'revenue'] },
  { view: 'amounts_by_day', measures: ['orders'], dimensions: ['status'], grain: 'day' },
  { view: 'readings_by_hour', dimensions: ['sensor'], grain: 'hour' },
]

/** Quantiles by the version that wrote the data: a later one may estimate them better. */
export const QUANTILES: Question = { view: 'amounts_by_day', dimensions: ['status'] }

/** The folder of a version's frozen data. */
export function fixtureFolder(version: string): string {
  return fileURLToPath(new URL(`./${version}/`, import.meta.url))
}

export function readFrozenAnswers(version: string): FrozenAnswers {
  return JSON.parse(readFileSync(join(fixtureFolder(version), 'answers.json'), 'utf8'))
}

/** Lays a version's data directory and configuration into `home`, as an upgrade finds them. */
export function thaw(version: string, home: TwofoldHome): void {
  home.configure(readFileSync(join(fixtureFolder(version), 'twofold.config.ts'), 'utf8'))
  mkdirSync(home.dataDir, { recursive: true })
  execFileSync('tar', ['-xzf', join(fixtureFolder(version), 'data.tar.gz'), '-C', home.dataDir])
}

/** What a start writes again: it names ports, paths and processes of the machine that it ran on. */
const OF_ONE_START = [
  'children',
  'connection.json',
  'logs',
  'tmp',
  'platform.lock',
  'batch.lock',
  'clickhouse/children',
  'clickhouse/config.xml',
  'clickhouse/process.log',
  'clickhouse/secret',
  'clickhouse/server.lock',
  'clickhouse/server.log',
  'clickhouse/users.xml',
  'kafka/broker.lock',
  'kafka/children',
  'kafka/console.log',
  'kafka/kafka.log',
  'kafka/server.properties',
]

/** Packs the data directory of a platform that has stopped. */
export function freeze(version: string, home: TwofoldHome): void {
  for (const name of OF_ONE_START) rmSync(join(home.dataDir, name), { recursive: true, force: true })
  const target = join(fixtureFolder(version), 'data.tar.gz')
  execFileSync('tar', ['-czf', target, '--owner=0', '--group=0', '--numeric-owner', '-C', home.dataDir, '.'])
}

/** Produces the lines of the frozen project, in order, and waits until the speed layer has read them. */
export async function send(
  home: TwofoldHome,
  api: Api,
  orders: readonly [from: number, to: number],
  readings: readonly [from: number, to: number],
): Promise<void> {
  const driver = await openKafkaDriver('kafkajs', { brokers: home.brokers, clientId: 'test' })
  const producer = await driver.openProducer()
  // Straight into Kafka, and to a fixed partition: the same lines make the same log, also those that are no events.
  await producer.send('orders', recordsOf(orderLines(...orders), orders[0], 3))
  await producer.send('readings', recordsOf(readingLines(...readings), readings[0], 2))
  await producer.close()
  await driver.close()
  await eventually(
    'everything sent has been read',
    () => api.status(),
    ({ streams }) =>
      streamTotal(streams, 'orders') === orders[1] && streamTotal(streams, 'readings') === readings[1],
  )
}

function recordsOf(lines: readonly string[], from: number, partitions: number): ProducerRecord[] {
  return lines.map((line, index) => ({
    key: null,
    value: Buffer.from(line),
    partition: (from + index) % partitions,
  }))
}

/** Waits until everything that was sent lies in the archive. */
export async function archived(api: Api): Promise<void> {
  await eventually(
    'everything is archived',
    () => api.status(),
    ({ streams }) =>
      streams.every(({ partitions }) =>
        partitions.every(({ logEnd, archivedEnd }) => (archivedEnd ?? 0) === logEnd),
      ),
  )
}

type StreamStatus = Awaited<ReturnType<Api['status']>>['streams']

function streamTotal(streams: StreamStatus, topic: string): number {
  const { partitions } = streams.find(stream => stream.topic === topic)!
  return partitions.reduce((sum, { speedEnd }) => sum + (speedEnd ?? 0), 0)
}
