import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'

const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(10_000_000) a, range(10_000_000) b'
const OPTIONS = { threads: 1, memoryLimitMb: 100 }

let folder: string
let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twofold-duckdb-'))
  duckdb = await openDuckDB({ ...OPTIONS, tempDirectory: join(folder, 'spill') })
  session = await duckdb.session()
})
afterAll(async () => {
  await duckdb.close()
  await rm(folder, { recursive: true, force: true })
})

const evaluate = async (expression: string) =>
  (await session.rows<{ v: unknown }>(`SELECT ${expression} AS v`))[0]!.v

describe('values come back exactly', () => {
  test.each([
    ['2147483647', 2147483647],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['(-170141183460469231731687303715884105727)::HUGEINT', 1n - 2n ** 127n],
    ["'12345678901234567890.123'::DECIMAL(38,3)", '12345678901234567890.123'],
    ["TIMESTAMP '2024-02-29 12:34:56.000001'", '2024-02-29 12:34:56.000001'],
    ["DATE '2024-02-29'", '2024-02-29'],
    ["'00000000-0000-0000-0000-00000000002a'::UUID", '00000000-0000-0000-0000-00000000002a'],
    ["'\\x00\\xFF'::BLOB", new Uint8Array([0, 255])],
    ['[1, NULL]', [1, null]],
    ["{'a': 1::BIGINT, 'b': [true]}", { a: 1n, b: [true] }],
    ["MAP {'k': 0.5::DOUBLE}", new Map([['k', 0.5]])],
    ['NULL', null],
  ])('%s', async (expression, expected) => {
    expect(await evaluate(expression)).toEqual(expected)
  })
})

describe('the database is the same everywhere', () => {
  test('time zone is UTC and nothing can change a setting', async () => {
    expect(await evaluate("current_setting('TimeZone')")).toBe('UTC')
    await expect(session.run('SET threads = 2')).rejects.toThrow('configuration has been locked')
  })

  test('no extension is fetched', async () => {
    await expect(session.run("FROM 'https://127.0.0.1:1/x.parquet'")).rejects.toThrow('httpfs')
  })

  test('a division by zero is NULL, of integers, decimals and doubles', async () => {
    for (const division of ['1 / 0', '1 // 0', '1 % 0', '1.5 / 0', '1::DOUBLE / 0']) {
      expect(await evaluate(division)).toBeNull()
    }
  })
})

describe('what DuckDB refuses is an error of the registry', () => {
  test('with the statement and the reason', async () => {
    await expect(session.run('SELECT\n  nothing FROM nowhere')).rejects.toMatchObject({
      code: 'DUCKDB_FAILED',
      message: expect.stringContaining(
        '"SELECT nothing FROM nowhere": Catalog Error: Table with name nowhere',
      ),
    })
  })

  test('memory that does not suffice', async () => {
    const tiny = await openDuckDB({ threads: 1, memoryLimitMb: 20, tempDirectory: '' })
    const greedy = (await tiny.session()).rows(
      'SELECT max(len(l)) FROM (SELECT list(range) AS l FROM range(20_000_000))',
    )
    await expect(greedy).rejects.toMatchObject({ code: 'DUCKDB_OUT_OF_MEMORY' })
    await tiny.close()
  })

  test('an interrupt stops the running statement, and the next one runs', async () => {
    const running = session.run(ENDLESS)
    setTimeout(() => session.interrupt(), 50)
    await expect(running).rejects.toMatchObject({ code: 'DUCKDB_INTERRUPTED' })
    expect(await evaluate('1')).toBe(1)
  })

  test.each([0, 1, 50])('closing stops the running statement %i ms after it was asked for', async delayMs => {
    const other = await duckdb.session()
    const outcomes = Promise.allSettled([other.run(ENDLESS), other.run('SELECT 1')])
    setTimeout(() => void other.close(), delayMs)
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'DUCKDB_INTERRUPTED' } })
    }
  })

  test('closing in the very moment a statement begins stops it too', async () => {
    const other = await duckdb.session()
    const running = other.run(ENDLESS)
    const refused = expect(running).rejects.toMatchObject({ code: 'DUCKDB_INTERRUPTED' })
    // Now the statement is handed over, and the thread that will run it has not begun.
    await Promise.resolve()
    await other.close()
    await refused
  })
})

test('statements of a session run in the order they were asked for', async () => {
  await Promise.all([
    session.run('CREATE TEMP TABLE steps (n INTEGER)'),
    session.run('INSERT INTO steps VALUES (1)'),
    session.run('UPDATE steps SET n = n + 1'),
    session.run('INSERT INTO steps VALUES (10); INSERT INTO steps VALUES (20)'),
  ])
  expect(await session.rows('FROM steps')).toEqual([{ n: 2 }, { n: 10 }, { n: 20 }])
})

describe('Parquet', () => {
  const OPTIONS = { compression: 'zstd', rowGroupSize: 2048 } as const

  test('a copy to bytes is a file that reads back, and leaves nothing behind', async () => {
    const scratchFiles = async () =>
      (await readdir('/dev/shm').catch(() => [])).filter(name => name.startsWith('twofold-'))
    const before = await scratchFiles()
    const bytes = await session.copyToParquet("SELECT range AS n, 'x' AS s FROM range(5000) -- all", {
      ...OPTIONS,
      compression: 'lz4',
    })
    expect(Buffer.from(bytes.subarray(0, 4)).toString()).toBe('PAR1')
    await expect(session.copyToParquet("SELECT error('no') FROM range(9)", OPTIONS)).rejects.toThrow('no')
    expect(await scratchFiles()).toEqual(before)
  })

  test('a copy to a file has the row groups and the codec asked for', async () => {
    const path = join(folder, "it's a file.parquet")
    await session.copyToParquetFile('SELECT range AS n FROM range(5000)', path, OPTIONS)
    const metadata = await session.rows(
      `SELECT DISTINCT row_group_num_rows AS rows, compression FROM parquet_metadata('${path.replaceAll("'", "''")}') ORDER BY 1`,
    )
    expect(metadata).toEqual([
      { rows: 904n, compression: 'ZSTD' },
      { rows: 2048n, compression: 'ZSTD' },
    ])
  })

  test.each(['sum(n)', '{a: sum(n)}', '[1::UHUGEINT]'])(
    '128-bit integers are refused: %s',
    async expression => {
      await expect(
        session.copyToParquet(`SELECT ${expression} AS total FROM range(3) t(n)`, OPTIONS),
      ).rejects.toMatchObject({
        code: 'PARQUET_TYPE_INEXACT',
        details: { column: 'total' },
      })
    },
  )

  test('of statements of one shape each is refused until one was exact', async () => {
    const copy = (expression: string) =>
      session.copyToParquet(`SELECT ${expression} AS total FROM range(3) t(n)`, {
        ...OPTIONS,
        shape: 'totals',
      })
    for (let time = 0; time < 2; time++)
      await expect(copy('sum(n)')).rejects.toMatchObject({ code: 'PARQUET_TYPE_INEXACT' })
    await copy('CAST(sum(n) AS BIGINT)')
    await copy('CAST(sum(n) + 1 AS BIGINT)')
  })
})
