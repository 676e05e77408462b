/** The consumer of `baseline.ts`, in a process of its own so that its CPU time and memory stand for themselves. */
import {
  type ClickHouse,
  type ClickHouseConnection,
  openClickHouse,
} from '../../../core/io/clickhouse/client.ts'
import type { KafkaConnection } from '../../../core/io/kafka/driver.ts'
import { openKafkaDriver } from '../../../core/io/kafka/open-driver.ts'
import { endWithParent, receiveSettings } from '../../../core/io/process/lifeline.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import type { ColumnDefinition } from '../../../core/model/stream.ts'
import { RAW_TABLE } from './baseline-tables.ts'

export interface BaselineSettings {
  /** `raw` hands the events' bytes on; `parsed` parses each, checks it and writes it anew. */
  readonly rows: 'raw' | 'parsed'
  readonly clickhouse: ClickHouseConnection
  readonly kafka: KafkaConnection
  readonly topic: string
  readonly columns: readonly ColumnDefinition[]
}

const RECORDS_AN_INSERT = 50_000
const LIMITS = { maxWaitMs: 250, maxBytes: 4 * 2 ** 20, maxPartitionBytes: 2 ** 20 }

/** Inserts one batch while it reads the next, until nothing comes any more. */
async function consume({ rows, topic, ...settings }: BaselineSettings): Promise<void> {
  const clickhouse = openClickHouse(settings.clickhouse)
  const driver = await openKafkaDriver('kafkajs', settings.kafka)
  const { topicId, partitions } = (await driver.describeTopic(topic))!
  const reader = await driver.openReader(topic, topicId)
  const positions = new Map(partitions.map(partition => [partition, 0]))
  const linesOf = rows === 'raw' ? rawLines : parsedLines(settings.columns)
  let waiting: RawRecord[] = []
  let inserting: Promise<void> = Promise.resolve()
  for (;;) {
    const batches = await reader.fetch(positions, LIMITS)
    for (const { partition, end, records } of batches) {
      positions.set(partition, end)
      for (const record of records) waiting.push(record)
    }
    if (waiting.length < RECORDS_AN_INSERT && batches.length > 0) continue
    await inserting
    if (waiting.length > 0) inserting = insert(clickhouse, linesOf(waiting))
    waiting = []
  }
}

async function insert(clickhouse: ClickHouse, lines: Uint8Array): Promise<void> {
  await clickhouse.insertSelect(`INSERT INTO ${RAW_TABLE} FORMAT JSONEachRow`, lines, {
    settings: { date_time_input_format: 'best_effort', input_format_skip_unknown_fields: 1 },
  })
}

const NEWLINE = 0x0a

function rawLines(records: readonly RawRecord[]): Uint8Array {
  const lines = Buffer.allocUnsafe(records.reduce((size, { value }) => size + value!.length + 1, 0))
  let at = 0
  for (const { value } of records) {
    lines.set(value!, at)
    at += value!.length
    lines[at++] = NEWLINE
  }
  return lines
}

/** Such a consumer checks that what is required is there; types are left to ClickHouse. */
function parsedLines(columns: readonly ColumnDefinition[]): (records: readonly RawRecord[]) => Uint8Array {
  const required = columns.filter(column => !column.optional && column.default === undefined)
  const isWhole = (event: unknown) =>
    required.every(({ path }) => valueAt(event, path as string[]) !== undefined)
  return records => {
    const events = records.map(({ value }) => JSON.parse(Buffer.from(value!).toString('utf8')))
    return Buffer.from(events.flatMap(event => (isWhole(event) ? [JSON.stringify(event)] : [])).join('\n'))
  }
}

function valueAt(event: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], event)
}

endWithParent({ onEnd: () => process.exit(0), withinMs: 1000 })
await consume(await receiveSettings<BaselineSettings>())
