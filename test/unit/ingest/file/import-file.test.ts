import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { stream, t } from '../../../../core/index.ts'
import type { KafkaDriver, ProducerRecord } from '../../../../core/io/kafka/driver.ts'
import type { RawRecord } from '../../../../core/model/record.ts'
import { importFile } from '../../../../ingest/file/import-file.ts'
import type { ImportCounts } from '../../../../ingest/file/import-report.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const numbers = stream({ topic: 'numbers', time: 'ts', schema: { ts: t.timestamp('ms'), n: t.int64() } })
const ROWS = 30_000
/** One row in a thousand is none of the stream. */
const numberAt = (row: number) => (row % 1000 === 999 ? 'no' : String(row))

/** A topic of one partition in memory, as far as an import needs it. */
function topic() {
  const records: RawRecord[] = []
  const send = async (_topic: string, sent: readonly ProducerRecord[]) => {
    for (const { key, value, headers = [] } of sent)
      records.push({ offset: records.length, timestampMs: 0, key, value, headers })
    return []
  }
  const fetch = async ([[, start] = [0, 0]]: Iterable<readonly [number, number]>) => [
    { partition: 0, start, end: records.length, records: records.slice(start) },
  ]
  const driver = {
    describeTopic: async () => ({
      topic: 'numbers',
      topicId: 'id',
      partitions: [0],
      cleanupPolicy: 'delete',
    }),
    offsets: async () => new Map([[0, { earliest: 0, end: records.length }]]),
    openReader: async () => ({ fetch, close: async () => undefined }),
    openProducer: async () => ({ send, close: async () => undefined }),
  } as unknown as KafkaDriver
  return { driver, records }
}

async function file(name: string): Promise<string> {
  const path = join(temporaryFolder(), name)
  const rows = Array.from({ length: ROWS }, (_, row) => row)
  const lines = rows.map(row => `{"ts":${row},"n":${numberAt(row)}}\n`).join('')
  const cells = `ts,n\n${rows.map(row => `${row},${numberAt(row)}\n`).join('')}`
  if (name.endsWith('.parquet')) {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const value = `CASE WHEN i % 1000 = 999 THEN 'no' ELSE i::VARCHAR END`
    await connection.run(
      `COPY (SELECT i AS ts, ${value} AS n FROM range(${ROWS}) r(i)) TO '${path}' (FORMAT parquet)`,
    )
    connection.closeSync()
    return path
  }
  const text = name.includes('csv') ? cells : lines
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

const shareOf = ({ done, size }: ImportCounts) => done / size

test.each(['x.ndjson', 'x.ndjson.gz', 'x.csv', 'x.csv.gz', 'x.parquet'])(
  'of %s it is told how far into the file all is done, up to its end',
  async name => {
    const told: ImportCounts[] = []
    const options = { driver: topic().driver, stream: numbers, path: await file(name) }
    const result = await importFile({ ...options, onProgress: counts => told.push(counts) })
    expect(result).toMatchObject({ produced: ROWS - 30, rejected: 30 })
    const shares = told.map(shareOf)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.every(share => share >= 0 && share <= 1)).toBe(true)
    expect(shares.at(-1)).toBe(1)
  },
)

test('a long file of text is told in steps, not whole at once', async () => {
  const told: ImportCounts[] = []
  const path = join(temporaryFolder(), 'long.ndjson')
  const line = `{"ts":1,"n":1,"text":"${'x'.repeat(1000)}"}\n`
  writeFileSync(path, line.repeat(ROWS))
  await importFile({
    ...{ driver: topic().driver, stream: numbers, path },
    onProgress: counts => told.push(counts),
  })
  expect(shareOf(told[0]!)).toBeLessThan(0.4)
  expect(told.every(({ size }) => size === line.length * ROWS)).toBe(true)
})

test.each(['x.ndjson', 'x.parquet'])('a resumed import of %s counts what was there before', async name => {
  const { driver, records } = topic()
  const path = await file(name)
  const stop = new AbortController()
  const first = await importFile({
    ...{ driver, stream: numbers, path, signal: stop.signal },
    onProgress: ({ produced }) => produced > 10_000 && stop.abort(),
  })
  expect(first.aborted).toBe(true)
  expect(shareOf(first)).toBeLessThan(1)
  const told: ImportCounts[] = []
  const options = { driver, stream: numbers, path, resume: true }
  const second = await importFile({ ...options, onProgress: counts => told.push(counts) })
  expect(shareOf(told[0]!)).toBeGreaterThan(0.4)
  expect(shareOf(second)).toBe(1)
  expect(records).toHaveLength(ROWS - 30)
})

test('an import of another dialect is resumed exactly, and one that is read otherwise by then is refused', async () => {
  const { driver, records } = topic()
  const path = join(temporaryFolder(), 'x.csv')
  writeFileSync(path, `ts;n\n${Array.from({ length: ROWS }, (_, row) => `${row};${row}\n`).join('')}`)
  const stop = new AbortController()
  await importFile({
    ...{ driver, stream: numbers, path, signal: stop.signal },
    onProgress: ({ produced }) => produced > 10_000 && stop.abort(),
  })
  expect(records.length).toBeLessThan(ROWS)
  const before = records.length
  const otherwise = { driver, stream: numbers, path, resume: true, file: { nulls: ['7'] } }
  await expect(importFile(otherwise)).rejects.toMatchObject({ code: 'IMPORT_DIALECT_CHANGED' })
  expect(records).toHaveLength(before)
  await importFile({ driver, stream: numbers, path, resume: true })
  expect(records.map(({ value }) => JSON.parse(Buffer.from(value!).toString()).n)).toEqual(
    Array.from({ length: ROWS }, (_, row) => row),
  )
})

test('how a file is read is told before anything of it is produced', async () => {
  const { driver, records } = topic()
  const producedBefore: number[] = []
  const result = await importFile({
    ...{ driver, stream: numbers, path: await file('x.csv') },
    onReading: ({ delimiter }) => producedBefore.push(delimiter === ',' ? records.length : -1),
  })
  expect(producedBefore).toEqual([0])
  expect(result.reading).toMatchObject({ format: 'csv', header: true })
})
