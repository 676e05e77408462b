import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stream, t } from '../../../core/index.ts'
import { murmur2 } from '../../../core/io/kafka/partitioner.ts'
import { CRASH_POINT_VARIABLE, type CrashPlace } from '../../../core/io/process/crash-point.ts'
import type { RawRecord } from '../../../core/model/record.ts'
import { generateShop } from '../../../examples/shop/generate.ts'
import { importFile } from '../../../ingest/file/import-file.ts'
import { IMPORT_HEADER, importIdOf, readMark } from '../../../ingest/file/import-mark.ts'
import { TYPESCRIPT_LOADER } from '../../support/spawn-typescript.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { type KafkaFixture, readToEnd, startKafkaFixture } from '../kafka/kafka-fixture.ts'

const IMPORTER = fileURLToPath(new URL('../../support/children/importer.ts', import.meta.url))

let kafka: KafkaFixture
beforeAll(async () => {
  kafka = await startKafkaFixture('kafkajs')
})
afterAll(() => kafka.close())

/** All records of a topic, by partition. */
async function readTopic(topic: string): Promise<RawRecord[][]> {
  const { topicId, partitions } = (await kafka.driver.describeTopic(topic))!
  const reader = await kafka.driver.openReader(topic, topicId)
  const all: RawRecord[][] = []
  for (const partition of partitions) {
    const { earliest } = (await kafka.driver.offsets(topic)).get(partition)!
    all.push(await readToEnd(kafka.driver, reader, topic, earliest, partition))
  }
  await reader.close()
  return all
}

/** The row numbers of an import's records, by partition; those of other producers are left out. */
async function importedRows(topic: string, path: string): Promise<number[][]> {
  const importId = await importIdOf(topic, path)
  const rowsOf = (records: RawRecord[]): number[] =>
    records.flatMap(({ headers }) => readMark(headers, importId)?.row ?? [])
  return (await readTopic(topic)).map(rowsOf)
}

const numbers = (topic: string) =>
  stream({ topic, time: 'ts', schema: { ts: t.timestamp('ms'), n: t.int64() }, key: 'n' })

/** A file of `rows` events whose key is their number. */
function numbersFile(rows: number): string {
  const path = join(temporaryFolder(), 'numbers.ndjson')
  writeFileSync(path, Array.from({ length: rows }, (_, n) => `{"ts":${n},"n":${n}}\n`).join(''))
  return path
}

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_, n) => start + n)
const sorted = (rows: number[][]): number[] => rows.flat().sort((a, b) => a - b)

test('a file goes into its stream byte by byte, in order; what is no event is reported', async () => {
  const { topic } = await kafka.topic(3)
  const path = join(temporaryFolder(), 'x.ndjson')
  const lines = ['{"ts":1,"n":9007199254740993}', '', '{"ts":2}', '{ "n": 7, "ts": 3, "x": 1.10 }', 'no']
  writeFileSync(path, lines.join('\n'))
  const told: number[] = []
  const result = await importFile({
    ...{ driver: kafka.driver, stream: numbers(topic), path },
    onProgress: ({ produced }) => told.push(produced),
  })
  expect(result).toMatchObject({ rows: 4, produced: 2, skipped: 0, rejected: 2, aborted: false })
  expect(result.rejections).toMatchObject([
    { place: 'line 3', reason: 'missing_field', field: 'n' },
    { place: 'line 5', reason: 'invalid_json' },
  ])
  expect(told.at(-1)).toBe(2)
  const partitions = await readTopic(topic)
  for (const [partition, list] of partitions.entries()) {
    for (const { key } of list) expect((murmur2(key!) & 0x7fffffff) % 3).toBe(partition)
  }
  const records = partitions.flat()
  expect(records.map(({ value }) => Buffer.from(value!).toString()).sort()).toEqual(
    [lines[3], lines[0]].sort(),
  )
  expect(records.map(({ key }) => Buffer.from(key!).toString()).sort()).toEqual(['7', '9007199254740993'])
})

test('killed at random moments and started again, each event is there once, in its order', async () => {
  const { topic } = await kafka.topic(4)
  const path = join(temporaryFolder(), 'clicks.ndjson')
  const clicks = [...generateShop({ seed: 3, count: 50_000, malformedShare: 0.02, hotKeyShare: 0.3 })]
  writeFileSync(path, Buffer.concat(clicks.flatMap(({ bytes }) => [bytes, Buffer.from('\n')])))
  const produced: (number | undefined)[] = []
  for (let run = 0; run < 12; run++) {
    const kill =
      run < 4 ? { reports: 1 + Math.floor(Math.random() * 4), delayMs: Math.random() * 30 } : undefined
    produced.push(await runImporter(topic, path, kill))
    if (produced.at(-1) !== undefined) break
  }
  // The last run had something left to do, or nothing was killed in the middle.
  expect(produced.length).toBeGreaterThan(1)

  const rows = await importedRows(topic, path)
  for (const partition of rows) expect(partition).toEqual([...partition].sort((a, b) => a - b))
  const expected = clicks.flatMap((event, row) => (event.kind === 'malformed' ? [] : [row]))
  expect(sorted(rows)).toEqual(expected)
  const values = (await readTopic(topic)).flat().map(({ value }) => Buffer.from(value!).toString())
  expect(values.sort()).toEqual(expected.map(row => Buffer.from(clicks[row]!.bytes).toString()).sort())
})

test('killed when Kafka has acknowledged a part and nobody has been told, it goes on behind it', async () => {
  const { topic } = await kafka.topic(4)
  const path = join(temporaryFolder(), 'clicks.ndjson')
  const clicks = [...generateShop({ seed: 4, count: 20_000, malformedShare: 0, hotKeyShare: 0.3 })]
  writeFileSync(path, Buffer.concat(clicks.flatMap(({ bytes }) => [bytes, Buffer.from('\n')])))
  for (const part of [1, 3])
    expect(await runImporter(topic, path, undefined, `kill ${part} import: acknowledged`)).toBeUndefined()
  const before = (await readTopic(topic)).flat().length
  expect(before).toBeGreaterThan(0)
  expect(await runImporter(topic, path, undefined)).toBe(clicks.length - before)
  const rows = await importedRows(topic, path)
  for (const partition of rows) expect(partition).toEqual([...partition].sort((a, b) => a - b))
  expect(sorted(rows)).toEqual(range(0, clicks.length))
})

/**
 * Runs the importer in a process of its own: answers what it produced, or `undefined` where it was killed: by `kill` some
 * time after so many reports, or by `crash` at a place of its own.
 */
async function runImporter(
  topic: string,
  path: string,
  kill: { reports: number; delayMs: number } | undefined,
  crash?: `kill ${number} ${CrashPlace}`,
): Promise<number | undefined> {
  const args = [TYPESCRIPT_LOADER, IMPORTER, kafka.broker().brokers[0]!, topic, path]
  const env = { ...process.env, ...(crash !== undefined && { [CRASH_POINT_VARIABLE]: crash }) }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    if (kill === undefined || output.split('\n').length - 1 < kill.reports) return
    setTimeout(() => child.kill('SIGKILL'), kill.delayMs)
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (signal === 'SIGKILL') return undefined
  expect(code).toBe(0)
  return Number(output.trim().split('\n').at(-1))
}

describe('resuming', () => {
  test('finds its place behind the records of others, and in empty partitions', async () => {
    const { topic } = await kafka.topic(8)
    const path = numbersFile(5)
    const options = { driver: kafka.driver, stream: numbers(topic), path, resume: true }
    await importFile({ ...options, endRow: 3 })
    await kafka.produce(
      topic,
      Array.from({ length: 2000 }, (_, n) => `other ${n}`),
    )
    expect(await importFile(options)).toMatchObject({ produced: 2 })
    expect(await importFile(options)).toMatchObject({ produced: 0 })
    expect(sorted(await importedRows(topic, path))).toEqual(range(0, 5))
  })

  test('keeps each row in its partition where partitions were added', async () => {
    const { topic } = await kafka.topic(2)
    const path = numbersFile(2000)
    const options = { driver: kafka.driver, stream: numbers(topic), path, resume: true }
    await importFile({ ...options, endRow: 1000 })
    await kafka.admin.createPartitions({ topicPartitions: [{ topic, count: 5 }] })
    expect(await importFile(options)).toMatchObject({ produced: 1000 })
    const rows = await importedRows(topic, path)
    expect(sorted(rows)).toEqual(range(0, 2000))
    expect(rows.slice(2).flat()).toEqual([])
  })

  test('goes on with the newest run, where a file is imported twice on purpose', async () => {
    const { topic } = await kafka.topic(4)
    const path = numbersFile(1000)
    const options = { driver: kafka.driver, stream: numbers(topic), path }
    await importFile(options)
    await new Promise(resolve => setTimeout(resolve, 2))
    // So few that some partition has none of the second run.
    await importFile({ ...options, endRow: 2 })
    expect(await importFile({ ...options, resume: true })).toMatchObject({ produced: 998 })
    expect(sorted(await importedRows(topic, path))).toEqual(range(0, 1000).flatMap(row => [row, row]))
  })

  test('refuses to guess where Kafka no longer holds what would tell', async () => {
    const { topic } = await kafka.topic(1)
    const path = numbersFile(10)
    const options = { driver: kafka.driver, stream: numbers(topic), path, resume: true }
    await importFile(options)
    await kafka.admin.fetchTopicOffsets(topic)
    await kafka.admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] })
    await expect(importFile(options)).rejects.toMatchObject({ code: 'IMPORT_POSITION_LOST' })
  })
})

test('a signal ends an import in the middle, and a rate slows it down', async () => {
  const { topic } = await kafka.topic(1)
  const abort = new AbortController()
  const startMs = performance.now()
  const result = await importFile({
    ...{ driver: kafka.driver, stream: numbers(topic), path: numbersFile(50_000) },
    ratePerSecond: 5000,
    onProgress: ({ produced }) => produced >= 2000 && abort.abort(),
    signal: abort.signal,
  })
  expect(result.aborted).toBe(true)
  expect(result.produced).toBeGreaterThanOrEqual(2000)
  // Ended at the next take, a burst or two later; and no faster than the rate.
  expect(result.produced).toBeLessThanOrEqual(3000)
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(300)
  const [records] = await readTopic(topic)
  expect(records).toHaveLength(result.produced)
  expect(records![0]!.headers[0]!.name).toBe(IMPORT_HEADER)
})

test('a topic that is not there is an error, and is not created', async () => {
  const path = numbersFile(1)
  for (const resume of [true, false]) {
    const importing = importFile({ driver: kafka.driver, stream: numbers('nowhere'), path, resume })
    await expect(importing).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
  }
  expect(await kafka.driver.describeTopic('nowhere')).toBeUndefined()
})
