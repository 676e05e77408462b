import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bindExpressions } from '../../../../../core/io/duckdb/bind.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import type { ColumnType } from '../../../../../core/model/column-type.ts'
import type { StreamDefinition } from '../../../../../core/model/stream.ts'

let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 200, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

const COLUMNS: readonly (readonly [name: string, type: ColumnType])[] = [
  ['ts', { kind: 'timestamp', format: 'rfc3339' }],
  ['amount', { kind: 'decimal', precision: 18, scale: 2 }],
  ['url', { kind: 'string' }],
  ['Country', { kind: 'enum', values: ['DE', 'FR'] }],
  ['a', { kind: 'int64' }],
  ['b', { kind: 'uint64' }],
  ['odd "name"', { kind: 'uuid' }],
]

const STREAM: StreamDefinition = {
  topic: 'clicks',
  columns: COLUMNS.map(([name, type]) => ({ name, type, path: [name], optional: true, default: undefined })),
  time: 'ts',
  key: undefined,
  blockSize: 16_384,
  lanes: 1,
  maxEventBytes: 1_000_000,
  topicSettings: { partitions: 1, replicationFactor: 1, retentionMs: undefined },
}

const bind = async (sql: string) =>
  (await bindExpressions(session, STREAM, [{ view: 'sales', field: 'where', sql }]))[0]!

describe('a deterministic scalar expression has a type and the columns it reads', () => {
  test.each([
    ['amount > 0', 'BOOLEAN', ['amount']],
    ['amount * 1.2', 'DECIMAL(18,3)', ['amount']],
    ["regexp_extract(url, '^https?://[^/]+(/[^?]*)', 1)", 'VARCHAR', ['url']],
    [
      "CASE WHEN a > 1 THEN url WHEN b = 2 THEN 'x' ELSE lower(country) END",
      'VARCHAR',
      ['url', 'Country', 'a', 'b'],
    ],
    ["date_trunc('hour', ts)", 'TIMESTAMP', ['ts']],
    ['ts::DATE', 'DATE', ['ts']],
    ["(ts AT TIME ZONE 'UTC') AT TIME ZONE 'Europe/Berlin'", 'TIMESTAMP', ['ts']],
    ['time_bucket(INTERVAL 5 minutes, ts)', 'TIMESTAMP', ['ts']],
    ['extract(hour FROM ts)', 'BIGINT', ['ts']],
    ['coalesce(a, amount)', 'DECIMAL(21,2)', ['amount', 'a']],
    ['a IN (1, 2)', 'BOOLEAN', ['a']],
    ['a BETWEEN 1 AND 2', 'BOOLEAN', ['a']],
    ['CAST(url AS INTEGER)', 'INTEGER', ['url']],
    ['TRY_CAST(url AS INTEGER)', 'INTEGER', ['url']],
    ['TRY(a + 1)', 'BIGINT', ['a']],
    ['lower(COUNTRY)', 'VARCHAR', ['Country']],
    ["url LIKE '%x%' AND NOT url ~ 'y'", 'BOOLEAN', ['url']],
    ['a IS NULL', 'BOOLEAN', ['a']],
    ['"odd ""name"""', 'UUID', ['odd "name"']],
    ["string_split(url, '/')[1]", 'VARCHAR', ['url']],
    ["url ->> '$.path'", 'VARCHAR', ['url']],
    ["')) -- not a comment'", 'VARCHAR', []],
    ['a -- the id\n', 'BIGINT', ['a']],
  ])('%s', async (sql, type, columns) => {
    expect(await bind(sql)).toEqual({ view: 'sales', field: 'where', sql, type, columns })
  })

  test('in the order given', async () => {
    const sources = ['a', 'url', 'ts'].map(sql => ({ view: 'sales', field: sql, sql }))
    const bound = await bindExpressions(session, STREAM, sources)
    expect(bound.map(expression => expression.type)).toEqual(['BIGINT', 'VARCHAR', 'TIMESTAMP'])
  })
})

describe('a function that is not on the list is refused by name', () => {
  test.each([
    ['now()', 'now'],
    ['random()', 'random'],
    ['uuid()', 'uuid'],
    ['hash(a)', 'hash'],
    ['version()', 'version'],
    ["getenv('HOME')", 'getenv'],
    ["getvariable('x')", 'getvariable'],
    ["current_setting('threads')", 'current_setting'],
    ["read_text('/etc/passwd')", 'read_text'],
    ["error('x')", 'error'],
    ['sleep_ms(1)', 'sleep_ms'],
    ['age(ts)', 'age'],
    ['to_timestamp(a)', 'to_timestamp'],
    ['count(*)', 'count_star'],
    ['sum(a)', 'sum'],
    ['unnest([1])', 'unnest'],
    ["{'x': a}", 'struct_pack'],
    ['list_transform([a], x -> x)', 'list_transform'],
    ['lower(upper(nextval(url)))', 'nextval'],
    ["CASE WHEN a > 1 THEN 'x' ELSE concat('y', current_user()) END", 'current_user'],
    ['a IN (1, random())', 'random'],
    ['a BETWEEN 1 AND random()', 'random'],
    ['TRY_CAST(random() AS INTEGER)', 'random'],
  ])('%s', async (sql, name) => {
    await expect(bind(sql)).rejects.toMatchObject({
      code: 'FUNCTION_NOT_ALLOWED',
      message: expect.stringContaining(`the function ${name} is not`),
    })
  })
})

describe('what is not one scalar expression over the columns is refused', () => {
  test.each([
    ['(SELECT 1)', 'a subquery'],
    ['EXISTS (SELECT 1)', 'a subquery'],
    ['a IN (SELECT 1)', 'a subquery'],
    ['sum(a) OVER ()', 'a window function'],
    ['*', 'not one expression'],
    ["COLUMNS('a')", '* or COLUMNS'],
    ['$1', 'a parameter'],
    ['?', 'a parameter'],
    ['#1', 'a column by number'],
    ['a, b', 'not one expression'],
    ['', 'not one expression'],
    ['a; b', 'syntax error at or near ";"'],
    ['amount)) ; DROP TABLE x; --', 'syntax error at or near ")"'],
    ['a --', 'syntax error'],
    ['a /* x', 'unterminated /* comment'],
    ["a || 'x", 'unterminated quoted string'],
    ['a) + (b', 'syntax error at or near ")"'],
    ['a], [b', 'not one expression'],
    ['a]) , ([b', 'not one expression'],
    ['a]) || ([b', 'not one expression'],
    ['a]).list_value([b', 'not one expression'],
    ['a\0b', 'a NUL character'],
    ['a AS b', 'syntax error'],
    ['a FROM x', 'syntax error'],
    ['lower(url ORDER BY a)', 'like an aggregate'],
    ['lower(url) FILTER (WHERE a > 1)', 'like an aggregate'],
    ['url COLLATE nocase', 'a collation'],
    ["ts = '2024-01-01'::TIMESTAMPTZ", 'a cast to TIMESTAMP WITH TIME ZONE'],
    ['url::JSON', 'a cast to'],
    ['clicks.a', 'no column "clicks.a"'],
    ['current_date', 'no column "current_date"'],
    ['rowid', 'no column "rowid"'],
    ['url.lower()', 'write lower(…)'],
    ["ts AT TIME ZONE 'UTC'", 'its type is TIMESTAMP WITH TIME ZONE'],
    ['[a]', 'its type is BIGINT[]'],
    ['INTERVAL 1 day', 'its type is INTERVAL'],
  ])('%s', async (sql, reason) => {
    await expect(bind(sql)).rejects.toMatchObject({
      code: 'EXPRESSION_INVALID',
      message: expect.stringMatching(reason.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    })
  })
})

describe('what reads no column is computed once', () => {
  test.each([
    ["ts > 'soon'::TIMESTAMP", /invalid timestamp field format: "soon".* \(at character 6\)\.$/],
    ["'x'::INTEGER", /Could not convert string 'x' to INT32 \(at character 1\)\.$/],
    ['a + 9223372036854775807 + (9223372036854775807::BIGINT + 1::BIGINT)', /Overflow in addition of INT64/],
    ["CASE WHEN a > 0 THEN strptime('x', '%Y') ELSE ts END", /Could not parse string "x"/],
    ["a IN (1, 2, 'x'::BIGINT)", /Could not convert string 'x' to INT64 \(at character/],
    ["amount BETWEEN 1 AND ('1' || 'z')::DECIMAL(9, 2)", /Could not convert string "1z" to DECIMAL/],
  ])('%s is refused with the reason of DuckDB', async (sql, reason) => {
    await expect(bind(sql)).rejects.toMatchObject({
      code: 'EXPRESSION_INVALID',
      message: expect.stringMatching(/a part of it that reads no column fails on every event: /),
      details: { view: 'sales', field: 'where', reason: expect.anything() },
    })
    await expect(bind(sql)).rejects.toThrow(reason)
  })

  test.each([
    "ts > '2026-01-01'::TIMESTAMP",
    'b < 18446744073709551615::UBIGINT - 1::UBIGINT',
    'a < 170141183460469231731687303715884105727 - 1',
    "TRY('x'::INTEGER) IS NULL",
    "TRY(a + 'x'::INTEGER) IS NULL",
    "TRY_CAST('x' AS INTEGER) IS NULL",
    "coalesce(url, 'none')::INTEGER > 1",
    "ts > TIMESTAMP 'epoch' + INTERVAL 5 days",
    "url = 'it''s ' || 'now'",
    'a / (1 - 1) > 0',
  ])('%s is taken', async sql => {
    await expect(bind(sql)).resolves.toMatchObject({ type: 'BOOLEAN' })
  })
})

describe('a text that stands for a moment of the clock', () => {
  test.each([
    ["ts > 'now'::TIMESTAMP", "'now' as a TIMESTAMP"],
    ["ts::DATE = DATE 'today'", "'today' as a DATE"],
    ["CAST(' Yesterday ' AS TIMESTAMP_S) < ts", "' Yesterday ' as a TIMESTAMP_S"],
    ["TRY_CAST('current_timestamp' AS TIMESTAMP) > ts", "'current_timestamp' as a TIMESTAMP"],
  ])('is refused by name in %s', async (sql, name) => {
    await expect(bind(sql)).rejects.toMatchObject({
      code: 'EXPRESSION_INVALID',
      message: expect.stringContaining(`${name} would be another time whenever it is computed (at character`),
    })
  })

  test('is a text like others elsewhere', async () => {
    await expect(bind("url = 'now'")).resolves.toMatchObject({ type: 'BOOLEAN' })
  })
})

describe('an error tells where it is', () => {
  test('view, field, expression, character and near matches of a column', async () => {
    await expect(bind('url IS NULL OR amont > 0')).rejects.toMatchObject({
      message:
        'View "sales", where: "url IS NULL OR amont > 0" cannot be used: ' +
        'the stream has no column "amont" (at character 16).',
      hint: 'Did you mean amount?',
      details: { view: 'sales', field: 'where', position: 16, nearest: ['amount'] },
    })
  })

  test('near matches of a function', async () => {
    await expect(bind('lowr(url)')).rejects.toMatchObject({
      hint: 'Did you mean lower?',
      details: { nearest: ['lower'] },
    })
  })

  test('characters, not bytes, and without the candidates that DuckDB lists', async () => {
    await expect(bind("'zwölf €' || lower(ts)")).rejects.toMatchObject({
      message: expect.stringMatching(/argument types 'lower\(TIMESTAMP\)'.* \(at character 14\)\.$/),
    })
  })
})

describe('a column that is a word of SQL', () => {
  const columns = ['group', 'Order', 'default', 'plain'].map(name => ({
    ...STREAM.columns[0]!,
    ...{ name, path: [name], type: { kind: 'string' } as const },
  }))
  const bindHere = (sql: string) =>
    bindExpressions(session, { ...STREAM, columns }, [{ view: 'sales', field: 'dimensions.x', sql }])

  test.each([
    ['group', 'group is a word of SQL; write the column in double quotes: "group".'],
    ['lower(GROUP)', 'group is a word of SQL; write the column in double quotes: "group".'],
    [
      'order || group',
      'group and Order are words of SQL; write the columns in double quotes: "group", "Order".',
    ],
    ['default', 'default is a word of SQL; write the column in double quotes: "default".'],
  ])('is named where it stands bare: %s', async (sql, hint) => {
    await expect(bindHere(sql)).rejects.toMatchObject({ code: 'EXPRESSION_INVALID', hint })
  })

  test('is not blamed where it stands in quotes, and can be used there', async () => {
    await expect(bindHere(`lower("group") || 'order' ||`)).rejects.not.toMatchObject({
      hint: expect.stringContaining('word of SQL'),
    })
    expect((await bindHere('lower("group") || "Order"'))[0]!.columns).toEqual(['group', 'Order'])
  })
})
