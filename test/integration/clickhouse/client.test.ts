import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ClickHouse, openClickHouse } from '../../../core/io/clickhouse/client.ts'
import { isUnknownOutcome } from '../../../core/io/clickhouse/errors.ts'
import { freePort } from '../../../core/io/process/free-port.ts'
import { withClickHouse } from '../../support/clickhouse.ts'
import { until } from '../../support/processes.ts'

const context = withClickHouse()
const ENDLESS = 'SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))'
const FAILS_LATE =
  "SELECT number, throwIf(number = 3000000, 'late') FROM numbers(5000000) SETTINGS max_block_size = 65536"

const isRunning = async (queryId: string) =>
  (await context.count(`system.processes WHERE query_id = '${queryId}'`)) > 0

describe('values', () => {
  test('are bound, whatever they contain', async () => {
    const text = `'; DROP TABLE t; -- \\ "\` \n\t\0 ü 💥`
    const [row] = await context.clickHouse.rows(
      'SELECT {text:String} AS text, {list:Array(UInt32)} AS list, {none:Nullable(String)} AS none',
      { params: { text, list: [1, 2, 3], none: null } },
    )
    expect(row).toEqual({ text, list: [1, 2, 3], none: null })
  })

  test('may be longer than a URL, up to 128 KiB each', async () => {
    const length = async (kib: number) => {
      const params = { first: 'x'.repeat(kib * 1024), second: 'y'.repeat(kib * 1024) }
      return context.clickHouse.rows('SELECT length({first:String} || {second:String}) AS length', { params })
    }
    expect(await length(127)).toEqual([{ length: '260096' }])
    await expect(length(129)).rejects.toMatchObject({
      code: 'CLICKHOUSE_QUERY_FAILED',
      message: expect.stringContaining('Field value too long'),
    })
  })

  test('come back exact: as strings in rows, with all digits as text', async () => {
    const select =
      "SELECT toUInt64('18446744073709551615') AS a, toDecimal128('0.1234567890123456789', 19) AS b, 7 AS c"
    expect(await context.clickHouse.rows(select)).toEqual([
      { a: '18446744073709551615', b: '0.1234567890123456789', c: 7 },
    ])
    expect(await context.clickHouse.lines(select)).toMatchObject({
      text: '{"a":18446744073709551615,"b":0.1234567890123456789,"c":7}\n',
    })
  })
})

describe('an error', () => {
  test("of ClickHouse keeps its code, its name and the statement's beginning", async () => {
    await expect(context.clickHouse.rows('SELECT *\n  FROM nowhere')).rejects.toMatchObject({
      code: 'CLICKHOUSE_QUERY_FAILED',
      message: expect.stringContaining('nowhere'),
      details: { type: 'UNKNOWN_TABLE', code: 60, sql: 'SELECT * FROM nowhere' },
    })
  })

  test('that comes late is still one: whole answers are not begun, streams break off', async () => {
    const late = { code: 'CLICKHOUSE_QUERY_FAILED', details: { type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' } }
    await expect(context.clickHouse.rows(FAILS_LATE)).rejects.toMatchObject(late)
    await expect(context.clickHouse.lines(FAILS_LATE)).rejects.toMatchObject(late)
    const stream = await context.clickHouse.stream(FAILS_LATE, { format: 'JSONEachRow' })
    await expect(text(stream)).rejects.toMatchObject(late)
  })

  test('names the server that does not answer, and that nothing was written', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const nobody = openClickHouse({ url, user: 'twofold', password: 'secret word' })
    const error = await nobody.command('CREATE TABLE t (a Int8) ENGINE = Memory').catch(error => error)
    expect(error).toMatchObject({
      code: 'CLICKHOUSE_UNAVAILABLE',
      message: `ClickHouse at ${url} does not answer: ECONNREFUSED.`,
      details: { outcome: 'failed' },
    })
    expect(isUnknownOutcome(error)).toBe(false)
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('secret word')
    await nobody.close()
  })

  test('of a wrong password is refused as such', async () => {
    const stranger = openClickHouse({ ...context.server, password: 'guessed' })
    await expect(stranger.rows('SELECT 1')).rejects.toMatchObject({
      details: { type: 'AUTHENTICATION_FAILED' },
    })
    const anonymous = openClickHouse({ ...context.server, user: 'default', password: '' })
    await expect(anonymous.rows('SELECT 1')).rejects.toMatchObject({
      details: { type: 'USER_SESSION_LIMIT_EXCEEDED' },
    })
    await stranger.close()
    await anonymous.close()
  })
})

describe('a query that runs for ever', () => {
  test('is ended by its time-out, in ClickHouse too', async () => {
    await expect(context.clickHouse.rows(ENDLESS, { timeoutMs: 300, queryId: 'slow' })).rejects.toMatchObject(
      { code: 'QUERY_TIMEOUT', message: 'The query took longer than 300 ms.' },
    )
    await until('it has stopped', async () => !(await isRunning('slow')))
  })

  test('is ended when the caller goes away, in ClickHouse too', async () => {
    const caller = new AbortController()
    const answer = context.clickHouse.rows(ENDLESS, { queryId: 'left', signal: caller.signal })
    const failed = expect(answer).rejects.toMatchObject({ code: 'QUERY_CANCELLED' })
    await until('it runs', () => isRunning('left'))
    caller.abort()
    await failed
    await until('it has stopped', async () => !(await isRunning('left')))
    await expect(context.clickHouse.rows('SELECT 1', { signal: caller.signal })).rejects.toMatchObject({
      code: 'QUERY_CANCELLED',
    })
  })

  test('is ended when the reader of its stream goes away', async () => {
    const endless = 'SELECT number FROM system.numbers'
    const stream = await context.clickHouse.stream(endless, { format: 'CSV', queryId: 'stream' })
    await new Promise(resolve => stream.once('data', resolve))
    stream.destroy()
    await until('it has stopped', async () => !(await isRunning('stream')))
  })
})

describe('a read', () => {
  test('cannot write', async () => {
    await context.clickHouse.command('CREATE TABLE t (a Int8) ENGINE = Memory')
    await expect(context.clickHouse.rows('DROP TABLE t')).rejects.toMatchObject({
      details: { type: 'READONLY' },
    })
    expect(await context.count('t')).toBe(0)
  })

  test('whose connection is lost is sent once more, a write is not: its outcome is unknown', async () => {
    const requests: string[] = []
    const server = createServer((request, response) => {
      request.resume()
      requests.push(request.method!)
      if (requests.length % 2 === 1) request.socket.destroy()
      else response.end('{"a":1}\n')
    })
    const port = await freePort()
    await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port: boundPort } = server.address() as AddressInfo
    const flaky = openClickHouse({ url: `http://127.0.0.1:${boundPort}`, user: 'u', password: 'p' })
    expect(await flaky.rows('SELECT 1 AS a')).toEqual([{ a: 1 }])
    expect(requests).toHaveLength(2)
    const error = await flaky.command('INSERT INTO t VALUES (1)').catch(error => error)
    expect(error).toMatchObject({ code: 'CLICKHOUSE_UNAVAILABLE', details: { outcome: 'unknown' } })
    expect(isUnknownOutcome(error)).toBe(true)
    expect(requests).toHaveLength(3)
    await flaky.close()
  })
})

test.each([
  ['none', ''],
  ['some', '{"a":1}\n{"a":2}\n'],
  ['half a row more', '{"a":1}\n{"a":2}\n{"a"'],
])('an answer of three rows that holds %s of them, and no error, is none', async (_, body) => {
  const answer = (response: ServerResponse) =>
    response.writeHead(200, { 'x-clickhouse-summary': '{"result_rows":"3"}' }).end(body)
  const failing = await answering(answer)
  for (const read of [failing.rows('SELECT a FROM t'), failing.lines('SELECT a FROM t')])
    await expect(read).rejects.toMatchObject({
      code: 'CLICKHOUSE_UNAVAILABLE',
      details: { expected: 3, sql: 'SELECT a FROM t' },
    })
})

describe('an insert that is answered with 200 has an unknown outcome', () => {
  const EXCEPTION = 'Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)'
  const ANSWERS: readonly (readonly [how: string, answer: (response: ServerResponse) => void])[] = [
    [
      'where a header tells of an exception',
      response => response.writeHead(200, { 'x-clickhouse-exception-code': '241' }).end(EXCEPTION),
    ],
    ['where its body tells of an exception', response => response.writeHead(200).end(EXCEPTION)],
    [
      'where its body breaks off',
      response => response.writeHead(200).write(EXCEPTION, () => response.destroy()),
    ],
  ]

  test.each(ANSWERS)('%s', async (_, answer) => {
    const failing = await answering(answer)
    const sql = "INSERT INTO t SELECT a FROM input('a Int8') FORMAT CSV"
    const error = await failing.insertSelect(sql, Buffer.from('1')).catch(error => error)
    expect(isUnknownOutcome(error)).toBe(true)
  })
})

/** A client of a server that answers every request so. */
async function answering(answer: (response: ServerResponse) => void): Promise<ClickHouse> {
  const server = createServer((request, response) => request.resume().on('end', () => answer(response)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = openClickHouse({ url: `http://127.0.0.1:${port}`, user: 'u', password: 'p' })
  onTestFinished(async () => {
    await client.close()
    server.close()
  })
  return client
}
