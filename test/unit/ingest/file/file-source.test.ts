import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, test } from 'vitest'
import { stream, t } from '../../../../core/index.ts'
import type { StreamDefinition } from '../../../../core/model/stream.ts'
import type { UnreadableRows } from '../../../../ingest/file/file-source.ts'
import { openFileSource } from '../../../../ingest/file/open-file-source.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

interface FileText {
  readonly rows: number[]
  readonly texts: string[]
  readonly totalRows: number | undefined
  readonly unreadable: UnreadableRows
}

async function read(
  path: string,
  definition: StreamDefinition,
  start = 0,
  end = Infinity,
): Promise<FileText> {
  const source = await openFileSource(path, definition)
  try {
    const rows: number[] = []
    const texts: string[] = []
    for await (const batch of source.batches(start, end)) {
      rows.push(...batch.rows)
      texts.push(...batch.values.map(value => Buffer.from(value).toString()))
    }
    return { rows, texts, totalRows: source.totalRows, unreadable: await source.unreadableRows() }
  } finally {
    await source.close()
  }
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

/** Writes what a DuckDB query yields to a Parquet file. */
async function parquet(sql: string): Promise<string> {
  const path = join(temporaryFolder(), 'rows.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

const events = stream({
  topic: 'events',
  time: 'ts',
  schema: {
    ts: t.timestamp(),
    name: t.string(),
    note: t.string().optional(),
    count: t.uint64().optional(),
    price: t.decimal(38, 2).optional(),
    ratio: t.float64().optional(),
    ok: t.bool().optional(),
    day: t.date().optional(),
    os: t.string().path('device.os').optional(),
    width: t.int32().path('device.screen.width').optional(),
  },
})

describe('NDJSON', () => {
  test('rows are lines as they stand, numbered as lines are; empty lines are none', async () => {
    const path = write('x.ndjson', '\ufeff{"a":1}\n\n  {"a":18446744073709551615}\r\nnot json\n{"b":2}')
    const { rows, texts, totalRows } = await read(path, events)
    expect(rows).toEqual([0, 2, 3, 4])
    expect(texts).toEqual(['{"a":1}', '  {"a":18446744073709551615}\r', 'not json', '{"b":2}'])
    expect(totalRows).toBeUndefined()
  })

  test('a range of rows, of a file in gzip too', async () => {
    const lines = Array.from({ length: 30_000 }, (_, row) => `{"row":${row}}`)
    const path = write('x.jsonl.gz', gzipSync(`${lines.join('\n')}\n`))
    const { rows, texts } = await read(path, events, 8000, 25_000)
    expect(rows).toEqual(Array.from({ length: 17_000 }, (_, index) => 8000 + index))
    expect(texts).toEqual(lines.slice(8000, 25_000))
  })

  test('a file in gzip that is cut off is an error, not a shorter file', async () => {
    const path = write('x.ndjson.gz', gzipSync('{"a":1}\n'.repeat(10_000)).subarray(0, -10))
    await expect(read(path, events)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})

describe('CSV', () => {
  test('cells become what the schema asks for, at its paths; other columns stay text', async () => {
    const header = 'ts,name,note,count,price,ratio,ok,day,os,device.screen.width,extra "x"'
    const row =
      '2026-01-02 03:04:05.5,"a ""b""\nc",,18446744073709551615,-0.10,1e3,TRUE,2026-01-02,ios, 390 ,7'
    const { texts } = await read(write('x.csv', `${header}\n${row}\n`), events)
    expect(texts).toEqual([
      '{"ts":"2026-01-02T03:04:05.5Z","name":"a \\"b\\"\\nc","note":null,"count":18446744073709551615,' +
        '"price":-0.10,"ratio":1e3,"ok":true,"day":"2026-01-02","device":{"os":"ios","screen":{"width":390}},' +
        '"extra \\"x\\"":"7"}',
    ])
  })

  test.each([
    ['ts', '2026-01-02T03:04:05+02:00', '"2026-01-02T03:04:05+02:00"'],
    ['ts', '2026-01-02', '"2026-01-02T00:00:00Z"'],
    ['ts', 'yesterday', '"yesterday"'],
    ['count', '007', '7'],
    ['count', '1 000', '1000'],
    ['count', '1,000', '"1,000"'],
    ['ratio', 'NaN', '"NaN"'],
    ['ok', 'yes', '"yes"'],
    ['name', '', '""'],
    ['name', '123', '"123"'],
    ['note', '""', '""'],
    ['note', '', 'null'],
  ])('the cell of %s with %j is %s', async (column, cell, json) => {
    // A second column, or an empty cell would be an empty line.
    const { texts } = await read(write('x.csv', `${column};z\n${cell};1\n`), events)
    expect(texts).toEqual([`{"${column}":${json},"z":"1"}`])
  })

  test('rows with too many or too few cells, or no valid text, are set aside with their lines', async () => {
    const bad = Buffer.from([0xff])
    const content = Buffer.concat([Buffer.from('name,note\na,b\nc\nd,e,f\ng,'), bad, Buffer.from('\nh,i\n')])
    const { texts, unreadable } = await read(write('x.csv', content), events)
    expect(texts).toEqual(['{"name":"a","note":"b"}', '{"name":"h","note":"i"}'])
    expect(unreadable.count).toBe(3)
    expect(unreadable.samples.map(({ line }) => line)).toEqual([3, 4, 5])
  })

  test('TSV, gzip, CRLF and a byte order mark', async () => {
    const path = write('x.tsv.gz', gzipSync('\ufeffname\tcount\r\na,b\t1\r\nc\t2\r\n'))
    expect((await read(path, events)).texts).toEqual(['{"name":"a,b","count":1}', '{"name":"c","count":2}'])
  })

  test('a header that names a column twice, or none, is refused', async () => {
    await expect(read(write('x.csv', 'name,name\n'), events)).rejects.toThrow(/names the column "name" twice/)
    await expect(read(write('x.csv', ''), events)).rejects.toThrow(/has no header/)
  })
})

describe('Parquet', () => {
  test('values keep every digit, and times take the form that the schema asks for', async () => {
    const path = await parquet(`SELECT TIMESTAMP '2026-01-02 03:04:05.000006' AS ts, 'Zoë "\\' AS name,
      18446744073709551615::UBIGINT AS count, 12345678901234567890123456.78::DECIMAL(38,2) AS price,
      0.1::DOUBLE AS ratio, false AS ok, DATE '2026-01-02' AS day, 390 AS "device.screen.width",
      {'a': [1.25::DECIMAL(4,2)], 'b': 9007199254740993} AS other`)
    const { texts, totalRows } = await read(path, events)
    expect(texts).toEqual([
      '{"ts":"2026-01-02T03:04:05.000006Z","name":"Zoë \\"\\\\","count":18446744073709551615,' +
        '"price":12345678901234567890123456.78,"ratio":0.1,"ok":false,"day":"2026-01-02",' +
        '"device":{"screen":{"width":390}},"other":{"a":[1.25],"b":9007199254740993}}',
    ])
    expect(totalRows).toBe(1)
  })

  test.each([
    ['s', `TIMESTAMP '1969-12-31 23:59:59.5'`, '-0.500000'],
    ['ms', `TIMESTAMP '2026-01-01 00:00:00.001'`, '1767225600001.000'],
    ['us', `TIMESTAMPTZ '2026-01-01 00:00:00+00'`, '1767225600000000'],
    ['rfc3339', `TIMESTAMP_NS '2026-01-01 00:00:00.123456789'`, '"2026-01-01T00:00:00.123456789Z"'],
    ['rfc3339', `DATE '2026-01-01'`, '"2026-01-01T00:00:00Z"'],
    ['rfc3339', `'2026-01-01 00:00:00'`, '"2026-01-01T00:00:00Z"'],
  ] as const)('a time in the form %s from %s', async (format, value, json) => {
    const definition = stream({ topic: 's', time: 'ts', schema: { ts: t.timestamp(format) } })
    expect((await read(await parquet(`SELECT ${value} AS ts`), definition)).texts).toEqual([`{"ts":${json}}`])
  })

  test('doubles keep their value; those that JSON has no number for become text', async () => {
    const values = [0.1 + 0.2, 1e300, -5e-324, 123456789.125, 1 / 3]
    const path = await parquet(
      `SELECT unnest([${values.map(value => `'${value}'::DOUBLE`).join(', ')}, 'nan'::DOUBLE, '-inf'::DOUBLE]) AS ratio`,
    )
    const { texts } = await read(path, events)
    const read_ = texts.map(text => (JSON.parse(text) as { ratio: unknown }).ratio)
    expect(read_).toEqual([...values, 'nan', '-inf'])
  })

  test('NULLs are null; a column keeps its name where the schema has none, unless the schema stands there', async () => {
    const path = await parquet(`SELECT NULL::VARCHAR AS name, 'ios' AS os, 'phone' AS device, 1 AS "it's"`)
    expect((await read(path, events)).texts).toEqual([`{"name":null,"device":{"os":"ios"},"it's":1}`])
  })

  test('rows come in the order of the file, in any range', async () => {
    const path = await parquet('SELECT range AS count FROM range(300000)')
    const { rows, texts } = await read(path, events, 100_000, 250_001)
    expect(rows).toHaveLength(150_001)
    expect(texts.every((text, index) => text === `{"count":${100_000 + index}}`)).toBe(true)
    expect(rows.every((row, index) => row === 100_000 + index)).toBe(true)
  })
})

test.each(['a[1].csv', 'a*.csv', 'a?.csv', 'day=1/a1.csv'])(
  'the file %s is itself and no other, and nothing but what stands in it',
  async name => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'day=1'))
    for (const other of ['a1.csv', 'a2.csv']) writeFileSync(join(folder, other), 'name\nsomebody else\n')
    writeFileSync(join(folder, name), 'name\nme\n')
    expect((await read(join(folder, name), events)).texts).toEqual(['{"name":"me"}'])
  },
)

test('a file that is missing, or of an unknown kind, or not what its ending says, is an error', async () => {
  await expect(openFileSource('/nowhere/x.csv', events)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  await expect(openFileSource('x.xlsx', events)).rejects.toMatchObject({ code: 'FILE_FORMAT_UNKNOWN' })
  const fake = write('x.parquet', 'no')
  await expect(openFileSource(fake, events)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
