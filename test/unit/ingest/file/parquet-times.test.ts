import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { stream, t } from '../../../../core/index.ts'
import type { StreamDefinition } from '../../../../core/model/stream.ts'
import { readEvents } from '../../../support/read-file-source.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Writes what a query yields to a Parquet file. */
async function parquet(sql: string): Promise<string> {
  const path = join(temporaryFolder(), 'rows.parquet')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  return path
}

const timed = (format: 'rfc3339' | 's' | 'ms' | 'us') =>
  stream({ topic: 's', time: 'ts', schema: { ts: t.timestamp(format) } })

/** What the decoder makes of events: microseconds since 1970. */
function microsOf(texts: readonly string[], definition: StreamDefinition): bigint[] {
  const { columns, rejections } = compileDecoder(definition).decode(
    texts.map(text => ({ value: Buffer.from(text) })),
  )
  expect(rejections).toEqual([])
  const { values } = columns[0]!
  if (values.layout !== 'fixed') throw new Error('a timestamp has a fixed width')
  const view = new DataView(values.data.buffer, values.data.byteOffset, values.data.byteLength)
  return texts.map((_, row) => view.getBigInt64(8 * row, true))
}

const floor = (value: bigint, by: bigint) => (value - (((value % by) + by) % by)) / by
const NANOS_1900 = -2_208_988_800_000_000_000n

/** Nanoseconds from 1900 to 2262, many of them around 1970 and at the edges. */
const instants = fc.oneof(
  fc.bigInt(NANOS_1900, 2n ** 63n - 1_000_001n),
  fc.bigInt(-2000n, 2000n),
  fc.bigInt(-2_000_000_000n, 2_000_000_000n),
  fc.constantFrom(-1n, 0n, 1n, NANOS_1900, NANOS_1900 + 1n, 2n ** 63n - 1_000_001n),
)

/** An instant as RFC 3339 writes it, by integers alone. */
function rfc3339(nanos: bigint): string {
  const seconds = floor(nanos, 1_000_000_000n)
  const fraction = String(nanos - seconds * 1_000_000_000n).padStart(9, '0')
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

describe('W3: an instant of Parquet is the instant that NDJSON has', () => {
  test('TIMESTAMP_NS of 1969-12-31T23:59:59.999999999 is of 1969', async () => {
    const path = await parquet(`SELECT TIMESTAMP_NS '1969-12-31 23:59:59.999999999' AS ts`)
    const { texts } = await readEvents(path, timed('rfc3339'))
    expect(texts).toEqual(['{"ts":"1969-12-31T23:59:59.999999999Z"}'])
    expect(microsOf(texts, timed('rfc3339'))).toEqual([-1n])
    for (const format of ['s', 'ms', 'us'] as const) {
      const numbers = await readEvents(path, timed(format))
      expect(microsOf(numbers.texts, timed(format)), format).toEqual([-1n])
    }
  })

  const UNITS = {
    TIMESTAMP_NS: 1n,
    TIMESTAMP: 1000n,
    TIMESTAMPTZ: 1000n,
    TIMESTAMP_MS: 1_000_000n,
    TIMESTAMP_S: 1_000_000_000n,
  }

  test.each(Object.entries(UNITS))(
    '%s is floored to the microsecond, whatever the form',
    async (type, unit) => {
      await fc.assert(
        fc.asyncProperty(fc.array(instants, { minLength: 1, maxLength: 40 }), async drawn => {
          const nanos = drawn.map(value => floor(value, unit) * unit).filter(value => value >= NANOS_1900)
          fc.pre(nanos.length > 0)
          const literal = (value: bigint) =>
            `'${rfc3339(value)
              .replace('T', ' ')
              .replace(/\.?0*Z$/, '')}${type === 'TIMESTAMPTZ' ? '+00' : ''}'::${type}`
          const path = await parquet(`SELECT unnest([${nanos.map(literal).join(', ')}]) AS ts`)
          const expected = nanos.map(value => floor(value, 1000n))
          const lines = nanos.map(value => `{"ts":"${rfc3339(value)}"}`)
          expect(microsOf(lines, timed('rfc3339'))).toEqual(expected)
          for (const format of ['rfc3339', 's', 'ms', 'us'] as const) {
            const { texts } = await readEvents(path, timed(format))
            expect(microsOf(texts, timed(format)), format).toEqual(expected)
          }
        }),
        { numRuns: process.env['FIELD_FULL'] === '1' ? 50 : 3 },
      )
    },
  )

  test.each([
    [`DATE '1969-12-31'`, '"1969-12-31T00:00:00Z"'],
    [`DATE '5881580-07-10'`, '"5881580-07-10"'],
    [`TIMESTAMP 'infinity'`, '"infinityZ"'],
    [`TIMESTAMP '0044-03-15 (BC) 00:00:00'`, '"0044-03-15T(BC)T00:00:00Z"'],
    [`TIMESTAMP '294247-01-10 04:00:54.775806'`, '"294247-01-10T04:00:54.775806Z"'],
    [`TIME '10:11:12.000001'`, '"10:11:12.000001"'],
  ])('%s is %s: what is no instant of a stream is refused, and stops nothing', async (value, json) => {
    const { texts } = await readEvents(await parquet(`SELECT ${value} AS ts`), timed('rfc3339'))
    expect(texts).toEqual([`{"ts":${json}}`])
  })

  test.each(['s', 'ms', 'us'] as const)('an infinite time has no number of %s', async format => {
    const path = await parquet(`SELECT unnest([TIMESTAMP '-infinity', TIMESTAMP '2000-01-01']) AS ts`)
    const { refused, events } = await readEvents(path, timed(format))
    expect([[...refused.keys()], events.length]).toEqual([[1], 1])
  })
})

describe('a row of Parquet as an event', () => {
  const wide = stream({
    topic: 's',
    time: 'ts',
    schema: {
      ts: t.timestamp().path('when.at'),
      micros: t.int64().path('when.micros').optional(),
      name: t.string().optional(),
    },
  })
  const FULL = `TIMESTAMP '2026-01-02 03:04:05.000006'`

  test.each([
    ['DECIMAL(38, 10)', '1234567890123456789012345678.0123456789', '1234567890123456789012345678.0123456789'],
    ['UBIGINT', '18446744073709551615', '18446744073709551615'],
    ['BIGINT', "'-9223372036854775808'", '-9223372036854775808'],
    ['FLOAT', '0.1', '0.1'],
    ['DOUBLE', `'-inf'`, '"-inf"'],
    ['UUID', `'123e4567-e89b-12d3-a456-426614174000'`, '"123e4567-e89b-12d3-a456-426614174000"'],
    ['BLOB', `encode('naïve "x"')`, '"naïve \\"x\\""'],
    ['BLOB', `'\\xFF\\x00'`, '{"base64":"/wA="}'],
    ['INTERVAL', `INTERVAL '1 day 02:00:00'`, '"1 day 02:00:00"'],
    ['JSON', `'{"a": 1.0}'`, '{"a": 1.0}'],
    ['TIMESTAMP_NS[]', `['1969-12-31 23:59:59.999999999', NULL]`, '["1969-12-31T23:59:59.999999999Z",null]'],
    ['DECIMAL(38, 2)[][]', '[[1.5, NULL], []]', '[[1.50,null],[]]'],
    ['MAP(VARCHAR, UBIGINT)', `MAP {'a"b': 18446744073709551615}`, '{"a\\"b":18446744073709551615}'],
    ['MAP(INTEGER, BOOLEAN)', 'MAP {1: true}', '[{"key":1,"value":true}]'],
    ['STRUCT(a DOUBLE, b STRUCT(c VARCHAR))', `{'a': 'nan', 'b': NULL}`, '{"a":"nan","b":null}'],
    ['INTEGER[]', 'NULL', 'null'],
  ])('keeps %s %s', async (type, value, json) => {
    const path = await parquet(`SELECT ${value}::${type} AS other, {'at': ${FULL}} AS "when"`)
    const { texts, events } = await readEvents(path, wide)
    expect(texts).toEqual([`{"other":${json},"when":{"at":"2026-01-02T03:04:05.000006Z"}}`])
    expect(events).toHaveLength(1)
  })

  test('gives members of structs the form that the schema asks for', async () => {
    const path = await parquet(`SELECT {'at': ${FULL}, 'micros': 7} AS "when", encode('Zoë') AS name`)
    expect((await readEvents(path, wide)).events).toEqual([
      { when: { at: '2026-01-02T03:04:05.000006Z', micros: 7 }, name: 'Zoë' },
    ])
  })

  test('refuses bytes that are no text where a text is asked for, by the name of the column', async () => {
    const path = await parquet(`SELECT {'at': ${FULL}} AS "when", '\\xFF'::BLOB AS name`)
    expect((await readEvents(path, wide)).refused.get(1)).toContain('"name" must be a string')
  })
})
