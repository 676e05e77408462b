import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { decodeEvents } from '../../../../core/decode/event-batch.ts'
import { e, stream, t } from '../../../../core/index.ts'
import type { RawRecord } from '../../../../core/model/record.ts'
import type { StreamDefinition } from '../../../../core/model/stream.ts'
import { rowOf } from './support.ts'

const utf8 = (text: string) => Buffer.from(text)

function recordOf(more: Partial<RawRecord>): RawRecord {
  return { offset: 41, timestampMs: 1_750_000_000_123, key: null, value: utf8('{}'), headers: [], ...more }
}

/** The cells of a record, or why it is rejected. */
function outcomeOf(definition: StreamDefinition, record: RawRecord) {
  const batch = compileDecoder(definition).decode([record], Int32Array.of(3))
  return batch.rejections[0] ?? rowOf(batch, 0)
}

const keyed = (column: ReturnType<typeof t.string>) =>
  stream({ topic: 's', time: 'at', schema: { at: e.timestamp(), k: e.key(column) } })

describe('F5: columns from the record around the event', () => {
  test('event time, partition, offset, key and header of one record', () => {
    const definition = stream({
      topic: 's',
      time: 'at',
      schema: {
        at: e.timestamp(),
        customer: e.key(t.int64()),
        tenant: e.header('x-tenant', t.string()),
        page: t.string().path('a.page'),
        partition_number: e.partition(),
        position: e.offset(),
      },
    })
    const record = recordOf({
      key: utf8('9007199254740993'),
      value: utf8('{"a":{"page":"/"},"tenant":"not this"}'),
      headers: [
        { name: 'x-tenant', value: utf8('old') },
        { name: 'X-Tenant', value: utf8('other') },
        { name: 'x-tenant', value: utf8('Zürich "Ü"') },
      ],
    })
    expect(outcomeOf(definition, record)).toEqual([
      1_750_000_000_123_000n,
      9_007_199_254_740_993n,
      'Zürich "Ü"',
      '/',
      3n,
      41n,
    ])
  })

  test.each([
    [t.string(), 'a "b"\n\\', 'a "b"\n\\'],
    [t.string(), '', ''],
    [t.bool(), 'true', true],
    [t.int32(), '-7', -7n],
    [t.uint64(), '18446744073709551615', 18_446_744_073_709_551_615n],
    [t.float64(), '1.5', 1.5],
    [t.decimal(4, 2), '12.5', 1250n],
    [t.timestamp(), '2025-06-15T15:06:40Z', 1_750_000_000_000_000n],
    [t.timestamp('s'), '1750000000', 1_750_000_000_000_000n],
    [t.timestamp({ format: 'ms' }), '1750000000123', 1_750_000_000_123_000n],
    [t.timestamp({ format: 'auto', zone: 'Europe/Berlin' }), '2025-06-15 17:06:40', 1_750_000_000_000_000n],
    [
      t.timestamp({ format: ['mongo', '%d.%m.%Y'], zone: 'UTC' }),
      '{"$date":1750000000123}',
      1_750_000_000_123_000n,
    ],
    [t.timestamp({ format: ['mongo', '%d.%m.%Y'], zone: 'UTC' }), '02.01.1970', 86_400_000_000n],
    [t.text(), '007', '007'],
    [t.text(), '{"a":1}', '{"a":1}'],
    [t.text(), '', ''],
    [t.date(), '1970-01-02', 1n],
    [t.uuid(), '123E4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
    [t.enum('a', 'b'), 'b', 'b'],
  ])('%# the text of a key is a value: %j', (column, text, value) => {
    expect(outcomeOf(keyed(column), recordOf({ key: utf8(text) }))).toEqual([1_750_000_000_123_000n, value])
  })

  test.each([
    ['no key', t.string(), null, 'missing_field', `"k" is required, and the record has no key.`],
    [
      'bytes that are no text',
      t.string(),
      Buffer.from([0xff, 0x00]),
      'invalid_value',
      'found the 2 bytes ff00',
    ],
    [
      'a binary number',
      t.int64(),
      Buffer.from('00000000000003e9', 'hex'),
      'invalid_value',
      'the 8 bytes 00000000000003e9',
    ],
    ['a word', t.int64(), utf8('seven'), 'invalid_value', 'the text of an integer of 64 bits; found "seven"'],
    ['a number and more', t.int32(), utf8('7 '), 'invalid_value', 'found "7 "'],
    ['nothing', t.int32(), utf8(''), 'invalid_value', 'found no bytes'],
    ['too large a number', t.int32(), utf8('2147483648'), 'out_of_range', 'found "2147483648"'],
    ['milliseconds for seconds', t.timestamp('s'), utf8('1750000000123'), 'out_of_range', 'in milliseconds.'],
    ['a value that is none of the list', t.enum('a'), utf8('b'), 'invalid_value', `record's key and must be`],
  ] as const)('a record whose key is %s is quarantined by name', (_, column, key, reason, says) => {
    const found = outcomeOf(keyed(column), recordOf({ key }))
    expect(found).toMatchObject({ reason, field: 'k' })
    expect((found as { detail: string }).detail).toContain(says)
  })

  test('a header that is not there is NULL, the default, or a reason that names it', () => {
    const withHeader = (column: ReturnType<typeof t.string>) =>
      stream({ topic: 's', time: 'at', schema: { at: e.timestamp(), h: e.header('x', column) } })
    expect(outcomeOf(withHeader(t.string().optional()), recordOf({}))).toEqual([1_750_000_000_123_000n, null])
    const nulled = recordOf({ headers: [{ name: 'x', value: null }] })
    expect(outcomeOf(withHeader(t.int32().default(7)), nulled)).toEqual([1_750_000_000_123_000n, 7n])
    expect(outcomeOf(withHeader(t.string()), recordOf({}))).toMatchObject({
      reason: 'missing_field',
      detail: '"h" is required, and the record has no header "x".',
    })
  })

  test('what Kafka gave no timestamp, or one that no engine holds, is quarantined', () => {
    const definition = keyed(t.string().optional())
    expect(outcomeOf(definition, recordOf({ timestampMs: -1 }))).toMatchObject({
      reason: 'missing_field',
      detail: '"at" is required, and the record has no timestamp.',
    })
    // Behind the year 2299, in nanoseconds, and the least that Kafka takes.
    for (const timestampMs of [10_413_792_000_000, 1_750_000_000_000_000_000, -(2 ** 63)])
      expect(outcomeOf(definition, recordOf({ timestampMs }))).toMatchObject({
        reason: 'out_of_range',
        field: 'at',
      })
    expect(outcomeOf(definition, recordOf({ timestampMs: -2 }))).toEqual([-2_000n, null])
  })

  test('the event itself must be one, also where nothing of it is read', () => {
    const definition = keyed(t.string().optional())
    expect(outcomeOf(definition, recordOf({ value: utf8('[1]') }))).toMatchObject({ reason: 'invalid_json' })
    expect(outcomeOf(definition, recordOf({ value: utf8('{"a":[}') }))).toMatchObject({
      reason: 'invalid_json',
    })
  })
})

test('F5: a frame of a schema registry is named as one, with its schema', () => {
  const definition = stream({ topic: 's', time: 'ts', schema: { ts: t.timestamp() } })
  const framed = (rest: string) =>
    recordOf({ value: Buffer.concat([Buffer.from([0, 0, 0, 1, 44]), utf8(rest)]) })
  expect(outcomeOf(definition, framed('\x02ab'))).toMatchObject({
    reason: 'schema_registry',
    detail: expect.stringContaining('schema id 300, Avro or Protobuf behind it'),
  })
  expect(outcomeOf(definition, framed('{"ts":1}'))).toMatchObject({
    reason: 'schema_registry',
    detail: expect.stringContaining('JSON behind it'),
  })
})

test('text in UTF-16, and zeros, are no frames of a registry', () => {
  const definition = stream({ topic: 's', time: 'ts', schema: { ts: t.timestamp() } })
  const utf16 = Buffer.from('{"ts":1}', 'utf16le').swap16()
  for (const value of [utf16, Buffer.alloc(40), Buffer.from([0, 0, 0, 1])])
    expect(outcomeOf(definition, recordOf({ value }))).toMatchObject({ reason: 'invalid_json' })
})

describe('F5: records without a value', () => {
  const of = (tombstones?: 'ignore') => {
    const definition = stream({
      topic: 's',
      time: 'ts',
      schema: { ts: t.timestamp('ms') },
      ...(tombstones && { tombstones }),
    })
    const records = ['{"ts":1}', null, '{}'].map((value, offset) =>
      recordOf({ offset, value: value === null ? null : utf8(value) }),
    )
    return decodeEvents('id', [{ partition: 0, start: 0, end: 3, records }], compileDecoder(definition))
  }

  test('are quarantined, or left out where the stream says so', () => {
    expect(of().rejections.map(({ row, reason }) => [row, reason])).toEqual([
      [1, 'tombstone'],
      [2, 'missing_field'],
    ])
    const events = of('ignore')
    expect(events.rejections.map(({ row, reason }) => [row, reason])).toEqual([[2, 'missing_field']])
    expect(events.columns.columns.find(({ name }) => name === '__accepted')!.valid).toEqual(
      Uint8Array.of(1, 0, 1),
    )
  })
})
