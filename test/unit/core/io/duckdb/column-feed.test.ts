import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import type { ColumnBatch, VectorType } from '../../../../../core/model/column-batch.ts'
import {
  type ColumnType,
  duckdbTypeOf,
  TIMESTAMP_END_US,
  TIMESTAMP_MIN_US,
} from '../../../../../core/model/column-type.ts'
import { type CellValue, columnVector } from '../../../../support/column-vectors.ts'

let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 500, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '\0',
    'twelve bytes',
    'thirteen byte',
    'zwölf Bytes',
    '日本語の長い文字列',
    'a\0b and then many more',
  ),
)

const decimal = (precision: number, scale: number): [VectorType, fc.Arbitrary<CellValue>] => [
  { kind: 'decimal', precision, scale },
  fc.bigInt({ min: 1n - 10n ** BigInt(precision), max: 10n ** BigInt(precision) - 1n }),
]

/** Every type, with each width of decimals. */
const TYPES: readonly (readonly [VectorType, fc.Arbitrary<CellValue>])[] = [
  [{ kind: 'string' }, text],
  [{ kind: 'enum', values: [] }, text],
  [{ kind: 'blob' }, fc.uint8Array({ maxLength: 40 })],
  [{ kind: 'bool' }, fc.boolean()],
  [{ kind: 'int32' }, fc.integer().map(BigInt)],
  [{ kind: 'int64' }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  [{ kind: 'uint64' }, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
  [{ kind: 'float64' }, fc.double()],
  [
    { kind: 'timestamp', format: 'us' },
    fc.bigInt({ min: BigInt(TIMESTAMP_MIN_US), max: BigInt(TIMESTAMP_END_US) }),
  ],
  [{ kind: 'date' }, fc.bigInt({ min: -100_000n, max: 100_000n })],
  [{ kind: 'uuid' }, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n })],
  decimal(4, 2),
  decimal(9, 0),
  decimal(18, 2),
  decimal(38, 10),
]

/** How to read a column so that what comes back compares with the cells that went in. */
const READ: { readonly [kind: string]: string } = {
  timestamp: 'epoch_us(c)',
  date: "datediff('day', DATE '1970-01-01', c)",
  int32: 'c::BIGINT',
}

function expectedCell(type: VectorType, cell: CellValue): unknown {
  if (cell === null || typeof cell !== 'bigint') return cell
  if (type.kind === 'decimal') return decimalText(cell, type.scale)
  return type.kind === 'uuid' ? uuidText(cell) : cell
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return (unscaled < 0n ? '-' : '') + digits.slice(0, point) + (scale > 0 ? `.${digits.slice(point)}` : '')
}

function uuidText(bits: bigint): string {
  return bits
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

async function readBack(type: VectorType, cells: readonly CellValue[]): Promise<unknown[]> {
  await session.load('batch', { rows: cells.length, columns: [columnVector('c', type, cells)] })
  const rows = await session.rows<{ v: unknown }>(`SELECT ${READ[type.kind] ?? 'c'} AS v FROM batch`)
  return rows.map(row => row.v)
}

describe('a column batch comes back from DuckDB as it went in', () => {
  test.each(TYPES.map(([type, cell]) => [JSON.stringify(type), type, cell] as const))(
    '%s',
    async (_, type, cell) => {
      const pattern = fc.array(fc.option(cell, { freq: 6 }), { minLength: 1, maxLength: 40 })
      const rowCount = fc.constantFrom(0, 1, 7, 40, 2047, 2048, 2049, 5000)
      await fc.assert(
        fc.asyncProperty(pattern, rowCount, async (cells, rows) => {
          const all = Array.from({ length: rows }, (_, row) => cells[row % cells.length]!)
          expect(await readBack(type, all)).toEqual(all.map(one => expectedCell(type, one)))
        }),
        { numRuns: 25 },
      )
    },
  )

  test('with the type that the model names', async () => {
    for (const [type] of TYPES) {
      await session.load('batch', { rows: 0, columns: [columnVector('c', type, [])] })
      const expected = type.kind === 'blob' ? 'BLOB' : duckdbTypeOf(type as ColumnType)
      expect(await session.columns('SELECT c FROM batch')).toEqual([{ name: 'c', type: expected }])
    }
  })
})

describe('a loaded relation', () => {
  const batch: ColumnBatch = {
    rows: 3,
    columns: [
      columnVector('name', { kind: 'string' }, ['x', null, 'a string of more than twelve bytes']),
      columnVector('odd "name"', { kind: 'int32' }, [1n, 2n, 3n]),
    ],
  }

  test('can be counted, read by some of its columns, joined with itself and replaced', async () => {
    await session.load('events', batch)
    expect(await session.rows('SELECT count(*) AS n FROM events')).toEqual([{ n: 3n }])
    expect(await session.rows('SELECT "odd ""name""" AS o FROM events')).toEqual([
      { o: 1 },
      { o: 2 },
      { o: 3 },
    ])
    expect(await session.rows('SELECT count(*) AS n FROM events a JOIN events b USING (name)')).toEqual([
      { n: 2n },
    ])
    await session.load('events', { rows: 1, columns: [columnVector('other', { kind: 'bool' }, [true])] })
    expect(await session.rows('FROM events')).toEqual([{ other: true }])
  })

  test('of several batches has the rows of all in their order, the empty ones left out', async () => {
    const part = (from: number, rows: number): ColumnBatch => {
      const numbers = Array.from({ length: rows }, (_, row) => BigInt(from + row))
      return { rows, columns: [columnVector('n', { kind: 'int64' }, numbers)] }
    }
    await session.load('events', part(0, 0), part(0, 3000), part(3000, 0), part(3000, 1), part(3001, 2048))
    expect(await session.rows('SELECT count(*) AS n, max(n) AS last FROM events')).toEqual([
      { n: 5049n, last: 5048n },
    ])
    const inOrder =
      'SELECT count(*) AS n FROM (SELECT n, row_number() OVER () AS row FROM events) WHERE n = row - 1'
    expect(await session.rows(inOrder)).toEqual([{ n: 5049n }])
  })

  test('belongs to its session', async () => {
    const other = await duckdb.session()
    await session.load('events', batch)
    await other.load('events', { rows: 1, columns: [columnVector('other', { kind: 'bool' }, [true])] })
    expect(await session.rows('SELECT count(*) AS n FROM events')).toEqual([{ n: 3n }])
    expect(await other.rows('FROM events')).toEqual([{ other: true }])
    await other.close()
  })

  test('is refused where a column does not hold the rows it claims', async () => {
    const short = columnVector('c', { kind: 'int64' }, [1n, 2n])
    await expect(session.load('events', { rows: 3, columns: [short] })).rejects.toMatchObject({
      code: 'DUCKDB_FAILED',
    })
    const unordered = columnVector('c', { kind: 'string' }, ['a', 'b'])
    Object.assign((unordered.values as { offsets: Uint32Array }).offsets, { 1: 9 })
    await expect(session.load('events', { rows: 2, columns: [unordered] })).rejects.toMatchObject({
      code: 'DUCKDB_FAILED',
    })
  })

  test('fails, and does not read stray memory, where a long text is not UTF-8', async () => {
    const bytes = new Uint8Array(40).fill(0xff)
    await session.load('events', { rows: 1, columns: [columnVector('c', { kind: 'string' }, [bytes])] })
    await expect(session.rows('FROM events')).rejects.toThrow('column "c" to DuckDB: its bytes are not UTF-8')
  })
})

test('hash() of a value is the same from the feed and from Parquet', async () => {
  const cells = (cell: fc.Arbitrary<CellValue>) => fc.sample(fc.option(cell), { numRuns: 3000, seed: 7 })
  const columns = TYPES.map(([type, cell], index) => columnVector(`c${index}`, type, cells(cell)))
  await session.load('batch', { rows: 3000, columns })
  const path = `${tmpdir()}/twofold-feed-${process.pid}.parquet`
  try {
    await session.copyToParquetFile('FROM batch', path, { compression: 'zstd', rowGroupSize: 2048 })
    const hashes = columns.map(column => `hash(${column.name}) AS ${column.name}`).join(', ')
    const [fed, archived] = [
      await session.rows(`SELECT ${hashes} FROM batch`),
      await session.rows(`SELECT ${hashes} FROM '${path}'`),
    ]
    expect(fed).toEqual(archived)
    expect(new Set(fed.map(row => row['c0'])).size).toBeGreaterThan(1000)
  } finally {
    await rm(path, { force: true })
  }
})
