import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileDecoder } from '../../../../../core/decode/compile.ts'
import { stream, t } from '../../../../../core/index.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import { recordOf } from '../../decode/support.ts'

let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 2, memoryLimitMb: 1000, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

const definition = stream({
  topic: 's',
  time: 'ts',
  schema: {
    ts: t.timestamp('ms'),
    tags: t.list(t.string()).optional(),
    items: t
      .list(
        t
          .struct({
            sku: t.string().optional(),
            qty: t.int32().optional(),
            price: t.decimal(20, 2).optional(),
            parts: t.list(t.string().optional()).optional(),
          })
          .optional(),
      )
      .optional(),
  },
})

/** Lists of all lengths, some longer than a vector of DuckDB, with NULLs anywhere. */
function eventAt(row: number) {
  const word = (k: number) => (k % 3 === 0 ? `w${k}` : `a much longer word ${k}`)
  const length = row % 500 === 7 ? 5_000 : row % 5
  const list = <T>(of: (k: number) => T) => Array.from({ length }, (_, k) => of(k * 7 + row))
  return {
    ts: row,
    tags: row % 6 === 5 ? null : list(word),
    items:
      row % 7 === 6
        ? null
        : list(k =>
            k % 11 === 10
              ? null
              : {
                  sku: k % 5 === 4 ? null : word(k),
                  qty: k % 4 === 3 ? null : k,
                  price: k % 9 === 8 ? null : `${k}.25`,
                  parts:
                    k % 6 === 5
                      ? null
                      : Array.from({ length: k % 4 }, (_, p) => (p === 1 ? null : word(k + p))),
                },
          ),
  }
}

test('lists and objects reach DuckDB, and Parquet, as they stand in the events', {
  timeout: 60_000,
}, async () => {
  const events = Array.from({ length: 5_000 }, (_, row) => eventAt(row))
  const decoder = compileDecoder(definition)
  const batches = [events.slice(0, 3_000), events.slice(3_000)].map(part => {
    const { rows, columns, rejections } = decoder.decode(part.map(event => recordOf(JSON.stringify(event))))
    expect(rejections).toEqual([])
    return { rows, columns }
  })
  await session.load('fed', batches[0]!, batches[1]!)
  await session.run('CREATE OR REPLACE TEMP TABLE kept AS FROM fed')
  const { throughParquet } = { throughParquet: `${tmpdir()}/twofold-list-feed-${process.pid}.parquet` }
  await session.copyToParquetFile('SELECT * FROM fed', throughParquet, {
    compression: 'zstd',
    rowGroupSize: 2048,
  })
  const expected = events.map(({ tags, items }) => ({
    tags,
    items: items?.map(item => item && { ...item, price: item.price }) ?? null,
  }))
  for (const relation of ['fed', 'kept', `read_parquet('${throughParquet}')`])
    expect(await session.rows(`SELECT tags, items FROM ${relation} ORDER BY ts`), relation).toEqual(expected)
  const [sums] = await session.rows(
    'SELECT sum(len(tags)) AS tags, sum(item.qty) AS qty FROM (SELECT tags, unnest(items) AS item FROM kept WHERE tags IS NOT NULL)',
  )
  expect(sums).toBeDefined()
})
