import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import type { TimestampOptions } from '../../../../core/define/timestamp.ts'
import type { ColumnBuilder } from '../../../../core/define/types.ts'
import { e, stream, t } from '../../../../core/index.ts'
import type { FileOptions } from '../../../../ingest/file/file-options.ts'
import { openFileSource } from '../../../../ingest/file/open-file-source.ts'
import { readEvents } from '../../../support/read-file-source.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'
import { decodeValues, rowOf } from '../../core/decode/support.ts'

const SHOP_TIME = { format: 'auto', zone: 'Europe/Berlin' } as const

/** The times of field reports, each with what it is in Berlin. */
const TIMES: readonly (readonly [text: string, instant: string])[] = [
  ['2026-01-05T10:00:00.123456', '2026-01-05T09:00:00.123Z'],
  ['2026-01-05 10:00:00', '2026-01-05T09:00:00.000Z'],
  ['2026-01-05T10:00:00.000+0000', '2026-01-05T10:00:00.000Z'],
  ['2026-01-05', '2026-01-04T23:00:00.000Z'],
  ['2026-01-05T10:00:00+01', '2026-01-05T09:00:00.000Z'],
  ['Mon, 05 Jan 2026 10:00:00 GMT', '2026-01-05T10:00:00.000Z'],
  ['1767607200', '2026-01-05T10:00:00.000Z'],
  ['1708500000123456', '2024-02-21T07:20:00.123Z'],
]

/** The second column of each row of a file as the decoder reads it; instants without their microseconds. */
async function readFile(path: string, column: ColumnBuilder, options: FileOptions = {}): Promise<unknown[]> {
  const events = stream({ topic: 'events', time: 'ts', schema: { ts: t.timestamp(), it: column } })
  const source = await openFileSource(path, events, options)
  const values: Uint8Array[] = []
  for await (const batch of source.batches(0, Infinity)) values.push(...batch.values)
  await source.close()
  const batch = decodeValues(events.columns, values)
  expect(batch.rejections).toEqual([])
  return values.map((_, row) => plain(rowOf(batch, row)[1]))
}

function plain(value: unknown): unknown {
  return typeof value === 'bigint' ? new Date(Math.floor(Number(value) / 1000)).toISOString() : value
}

function csv(cells: readonly string[]): string {
  const path = join(temporaryFolder(), 'rows.csv')
  writeFileSync(path, ['ts,it', ...cells.map(cell => `2026-01-01T00:00:00Z,"${cell}"`)].join('\n'))
  return path
}

async function parquet(cells: readonly string[]): Promise<string> {
  const path = join(temporaryFolder(), 'rows.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = cells.map(cell => `(TIMESTAMPTZ '2026-01-01 00:00:00+00', ${cell})`)
  await connection.run(
    `COPY (SELECT * FROM (VALUES ${rows.join(', ')}) AS rows(ts, it)) TO '${path}' (FORMAT parquet)`,
  )
  connection.closeSync()
  instance.closeSync()
  return path
}

test('times as people have them (F1) are the same in CSV, in Parquet and in events', async () => {
  const texts = TIMES.map(([text]) => text)
  const instants = TIMES.map(([, instant]) => instant)
  expect(await readFile(csv(texts), t.timestamp(SHOP_TIME))).toEqual(instants)
  expect(await readFile(await parquet(texts.map(text => `'${text}'`)), t.timestamp(SHOP_TIME))).toEqual(
    instants,
  )
  const numbers = await parquet(['1767607200', '1767607200123'])
  expect(await readFile(numbers, t.timestamp(SHOP_TIME))).toEqual([
    '2026-01-05T10:00:00.000Z',
    '2026-01-05T10:00:00.123Z',
  ])
})

test.each<[TimestampOptions, string, string]>([
  [SHOP_TIME, "TIMESTAMP '2026-01-05 10:00:00.5'", '2026-01-05T09:00:00.500Z'],
  [SHOP_TIME, "TIMESTAMPTZ '2026-01-05 10:00:00.5+00'", '2026-01-05T10:00:00.500Z'],
  [SHOP_TIME, "DATE '2026-01-05'", '2026-01-04T23:00:00.000Z'],
  [SHOP_TIME, "TIMESTAMP_NS '2026-01-05 10:00:00.123456789'", '2026-01-05T09:00:00.123Z'],
  [{ format: 'ns' }, "TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", '1969-12-31T23:59:59.999Z'],
  [{ format: ['rfc1123', 'us'] }, "TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", '1969-12-31T23:59:59.999Z'],
  [{ format: 'rfc3339', notBefore: '2020-01-01' }, "DATE '2026-01-05'", '2026-01-05T00:00:00.000Z'],
  [{ format: 'iso' }, "TIMESTAMP '2026-01-05 10:00:00.5'", '2026-01-05T10:00:00.500Z'],
  [{ format: 'ns' }, "TIMESTAMP '1969-12-31 23:59:59.999'", '1969-12-31T23:59:59.999Z'],
  [
    { format: ['%d.%m.%Y', 's'], zone: 'UTC' },
    "TIMESTAMP '2026-01-05 10:00:00.5'",
    '2026-01-05T10:00:00.500Z',
  ],
  [{ format: 'mongo' }, "TIMESTAMP '2026-01-05 10:00:00.5'", '2026-01-05T10:00:00.500Z'],
])('as %j, a typed time of Parquet %s is %s', async (options, cell, instant) => {
  expect(await readFile(await parquet([cell]), t.timestamp(options))).toEqual([instant])
})

test('text or number (F6) is kept as it was written', async () => {
  expect(await readFile(csv(['007', '1.50', '', 'true', 'x']), t.text())).toEqual([
    '007',
    '1.50',
    '',
    'true',
    'x',
  ])
  expect(await readFile(await parquet(['18446744073709551615::UBIGINT']), t.text())).toEqual([
    '18446744073709551615',
  ])
})

test('a column of the file may have the older name of a column', async () => {
  const path = join(temporaryFolder(), 'rows.csv')
  writeFileSync(path, 'ts,was\n2026-01-01T00:00:00Z,TRUE\n')
  expect(await readFile(path, t.bool().alias('was'))).toEqual([true])
})

test('a file that has a column under two of its names gives both, each at its place', async () => {
  const definition = stream({
    topic: 'events',
    time: 'ts',
    schema: {
      ts: t.timestamp(),
      city: t.string().path('geo.city').alias('geo.town', 'place').optional(),
      at: e.timestamp(),
    },
  })
  const path = join(temporaryFolder(), 'rows.csv')
  const rows = ['A,B,,x', ',B,C,x', ',,C,x'].map(row => `2026-01-01T00:00:00Z,${row}`)
  writeFileSync(path, ['ts,geo.city,Geo.Town,place,at', ...rows].join('\n'))
  const { texts } = await readEvents(path, definition)
  expect(texts.map(text => JSON.parse(text))).toMatchObject([
    { geo: { city: 'A', town: 'B' }, place: null, at: 'x' },
    { geo: { city: null, town: 'B' }, place: 'C', at: 'x' },
    { geo: { city: null, town: null }, place: 'C', at: 'x' },
  ])
  const events = decodeValues(
    definition.columns,
    texts.map(text => Buffer.from(text)),
  )
  expect(texts.map((_, row) => rowOf(events, row)[1])).toEqual(['A', 'B', 'C'])
})

test('numbers of a unit alone may be written as the file writes numbers', async () => {
  const path = join(temporaryFolder(), 'rows.csv')
  writeFileSync(path, 'ts;it\n2026-01-01T00:00:00Z;"1767607200,5"\n2026-01-01T00:00:00Z;"1767607201,25"\n')
  expect(await readFile(path, t.timestamp({ format: 's' }), { decimal: ',' })).toEqual([
    '2026-01-05T10:00:00.500Z',
    '2026-01-05T10:00:01.250Z',
  ])
})
