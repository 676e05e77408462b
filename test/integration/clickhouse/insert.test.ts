import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { isUnknownOutcome } from '../../../core/io/clickhouse/errors.ts'
import { withClickHouse } from '../../support/clickhouse.ts'
import { writeParquet } from '../../support/parquet.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const context = withClickHouse()

async function createTable(name = 't'): Promise<void> {
  await context.clickHouse.command(`
    CREATE TABLE ${name} (seq UInt64, key String, total SimpleAggregateFunction(sum, UInt64))
    ENGINE = AggregatingMergeTree ORDER BY (seq, key)
    SETTINGS non_replicated_deduplication_window = 1000`)
}

async function parquet(rows: number): Promise<string> {
  const file = join(temporaryFolder(), 'rows.parquet')
  await writeParquet(
    file,
    `SELECT range AS seq, 'key ' || range AS key, 1::UBIGINT AS total FROM range(${rows})`,
  )
  return file
}

const INSERT = `
  INSERT INTO t SELECT seq, key, total FROM input('seq UInt64, key String, total UInt64') FORMAT Parquet`

const guarded = (seq: number) => `
  INSERT INTO t SELECT {seq:UInt64}, key, total FROM input('seq UInt64, key String, total UInt64')
  WHERE (SELECT count() FROM t WHERE seq = ${seq}) = 0 AND (${seq} = 0 OR (SELECT count() FROM t WHERE seq = ${seq - 1}) > 0)
  FORMAT Parquet`

const activeParts = () =>
  context.count(`system.parts WHERE database = currentDatabase() AND table = 't' AND active`)

describe('an insert', () => {
  test('of 100,000 rows makes one part', async () => {
    await createTable()
    const summary = await context.clickHouse.insertSelect(INSERT, { file: await parquet(100_000) })
    expect(summary.writtenRows).toBe(100_000)
    expect(await context.count('t')).toBe(100_000)
    expect(await activeParts()).toBe(1)
  })

  test('makes one part of many row groups and of more bytes than ClickHouse would put in one', async () => {
    await createTable()
    const file = join(temporaryFolder(), 'wide.parquet')
    await writeParquet(
      file,
      "SELECT range AS seq, repeat('k', 1000) AS key, 1::UBIGINT AS total FROM range(307200)",
      30_720,
    )
    await context.clickHouse.insertSelect(INSERT, { file })
    expect(await context.count('t')).toBe(307_200)
    expect(await activeParts()).toBe(1)
  })

  test('takes its body as bytes, as a stream or as a file', async () => {
    await createTable()
    const file = await parquet(10)
    await context.clickHouse.insertSelect(INSERT, readFileSync(file))
    await context.clickHouse.insertSelect(INSERT, Readable.from([readFileSync(file)]))
    await context.clickHouse.insertSelect(INSERT, { file })
    await context.clickHouse.command('OPTIMIZE TABLE t FINAL')
    expect(await context.clickHouse.rows('SELECT count() AS rows, sum(total) AS total FROM t')).toEqual([
      { rows: '10', total: '30' },
    ])
  })

  test('with a token that was used is dropped, and another goes in', async () => {
    await createTable()
    const file = await parquet(1_000)
    const insert = (token: string) =>
      context.clickHouse.insertSelect(INSERT, { file }, { settings: { insert_deduplication_token: token } })
    await insert('chain/0/1')
    await insert('chain/0/1')
    expect(await context.count('t')).toBe(1_000)
    await insert('chain/0/2')
    expect(await context.count('t')).toBe(2_000)
  })

  test('whose guard does not hold writes nothing and burns no token', async () => {
    await createTable()
    const file = await parquet(5)
    const insert = async (seq: number) => {
      const options = { params: { seq }, settings: { insert_deduplication_token: `guarded/${seq}` } }
      await context.clickHouse.insertSelect(guarded(seq), { file }, options)
      return context.count('t')
    }
    expect(await insert(1)).toBe(0)
    expect(await insert(0)).toBe(5)
    expect(await insert(1)).toBe(10)
    expect(await insert(0)).toBe(10)
  })

  test('that many send at once for one number goes in once', async () => {
    await createTable()
    const body = readFileSync(await parquet(5))
    const options = { params: { seq: 0 }, settings: { insert_deduplication_token: 'race/0' } }
    await Promise.all(
      Array.from({ length: 8 }, () => context.clickHouse.insertSelect(guarded(0), body, options)),
    )
    expect(await context.count('t')).toBe(5)
  })

  test('that ClickHouse cannot read leaves nothing behind', async () => {
    await createTable()
    const whole = readFileSync(await parquet(1_000))
    const error = await context.clickHouse
      .insertSelect(INSERT, whole.subarray(0, whole.length - 100))
      .catch(error => error)
    expect(error).toMatchObject({ code: 'CLICKHOUSE_QUERY_FAILED' })
    expect(await context.count('t')).toBe(0)
  })

  test('into a table that is not there certainly wrote nothing', async () => {
    const error = await context.clickHouse
      .insertSelect(INSERT, { file: await parquet(1) })
      .catch(error => error)
    expect(error).toMatchObject({ details: { type: 'UNKNOWN_TABLE', outcome: 'failed' } })
    expect(isUnknownOutcome(error)).toBe(false)
  })

  test('from a file that is not there is not sent', async () => {
    await expect(context.clickHouse.insertSelect(INSERT, { file: '/nowhere/at/all' })).rejects.toThrow(
      'ENOENT',
    )
  })
})

test('rows can be deleted by a mutation', async () => {
  await createTable()
  await context.clickHouse.insertSelect(INSERT, { file: await parquet(100) })
  await context.clickHouse.command('ALTER TABLE t DELETE WHERE seq < 40', {
    settings: { mutations_sync: 1 },
    timeoutMs: 10_000,
  })
  expect(await context.count('t')).toBe(60)
})
