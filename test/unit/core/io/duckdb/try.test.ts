import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import { columnVector } from '../../../../support/column-vectors.ts'

/** What a fold relies on to tell, row by row, an expression that failed from one that is NULL. */

const ROWS = 5000
const BIGGEST = 2n ** 63n - 1n
/** At the edges of vectors (2,048 rows), and elsewhere. */
const FAILING = [0, 7, 2047, 2048, 4999]

let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 500, tempDirectory: tmpdir() })
  session = await duckdb.session()
  const cells = <T>(good: (row: number) => T, failing: T) =>
    Array.from({ length: ROWS }, (_, row) => (FAILING.includes(row) ? failing : good(row)))
  await session.load('batch', {
    rows: ROWS,
    columns: [
      columnVector(
        'row',
        { kind: 'int64' },
        cells(BigInt, null).map((_, row) => BigInt(row)),
      ),
      columnVector(
        'number',
        { kind: 'int64' },
        cells<bigint>(row => BigInt(row), BIGGEST),
      ),
      columnVector(
        'text',
        { kind: 'string' },
        cells(row => `${row}`, 'not a number, at some length'),
      ),
      columnVector(
        'date',
        { kind: 'string' },
        cells(() => '2024-02-29', '2023-02-29'),
      ),
      columnVector(
        'wide',
        { kind: 'decimal', precision: 38, scale: 0 },
        cells<bigint>(row => BigInt(row), 10n ** 38n - 1n),
      ),
      columnVector(
        'negative',
        { kind: 'float64' },
        cells<number>(row => row, -1),
      ),
      columnVector(
        'gaps',
        { kind: 'int64' },
        cells<bigint | null>(row => (row % 3 === 0 ? null : 1n), null),
      ),
    ],
  })
})
afterAll(() => duckdb.close())

async function rowsWhere(condition: string): Promise<number[]> {
  const rows = await session.rows<{ row: bigint }>(`SELECT row FROM batch WHERE ${condition} ORDER BY row`)
  return rows.map(found => Number(found.row))
}

describe("TRY({'v': expression}) is NULL exactly where the expression raises", () => {
  test.each([
    ['an integer overflows', 'number + 1'],
    ['a cast fails', 'text::INTEGER'],
    ['a value does not fit a smaller type', 'number::SMALLINT'],
    ['there is no such day', 'date::DATE'],
    ['a decimal of 38 digits overflows', 'wide * 2'],
    ['a function is outside of its domain', 'sqrt(negative)'],
  ])('%s: %s', async (_, expression) => {
    await expect(session.rows(`SELECT max(${expression}) FROM batch`)).rejects.toMatchObject({
      code: 'DUCKDB_FAILED',
    })
    expect(await rowsWhere(`TRY({'v': ${expression}}) IS NULL`)).toEqual(FAILING)
    const [good] = await session.rows<{ n: bigint }>(
      `SELECT count(TRY({'v': ${expression}}).v) AS n FROM batch WHERE TRY({'v': ${expression}}) IS NOT NULL`,
    )
    expect(good).toEqual({ n: BigInt(ROWS - FAILING.length) })
  })

  test.each([
    ['a NULL', 'gaps + 1', 'gaps IS NULL'],
    ['a division by zero', 'number / 0', 'true'],
    ['a whole division by zero', 'number // 0', 'true'],
    ['a remainder by zero', 'number % 0', 'true'],
  ])('%s is a value: %s', async (_, expression, isNull) => {
    expect(await rowsWhere(`TRY({'v': ${expression}}) IS NULL`)).toEqual([])
    expect(await rowsWhere(`TRY({'v': ${expression}}).v IS NULL`)).toEqual(await rowsWhere(isNull))
  })
})

test('an overflow of doubles is infinite, and not raised', async () => {
  expect(await session.rows("SELECT TRY({'v': 1e308 * 10}).v AS v")).toEqual([
    { v: Number.POSITIVE_INFINITY },
  ])
})

describe('CASE WHEN condition THEN TRY(…) END', () => {
  const cases = `SELECT row, CASE WHEN condition THEN TRY({'v': text::INTEGER}) END AS result
    FROM (SELECT *, CASE row % 3 WHEN 0 THEN true WHEN 1 THEN false END AS condition FROM batch)`

  test('fails on no row whose condition is false or NULL', async () => {
    const rows = await session.rows<{ row: bigint; result: { v: number } | null }>(`${cases} ORDER BY row`)
    expect(rows.map(row => row.result?.v)).toEqual(
      Array.from({ length: ROWS }, (_, row) => (row % 3 === 0 && !FAILING.includes(row) ? row : undefined)),
    )
  })

  test('does not evaluate its branch where the condition is false or NULL', async () => {
    const guarded = 'CASE WHEN TRY_CAST(text AS INTEGER) > 0 THEN text::INTEGER END'
    const [sum] = await session.rows<{ n: bigint }>(`SELECT count(${guarded}) AS n FROM batch`)
    expect(sum).toEqual({ n: BigInt(ROWS - FAILING.length) })
  })
})
