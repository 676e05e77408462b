import { describe, expect, test } from 'vitest'
import { stream, t } from '../../../../core/index.ts'
import { openEventStream } from '../../../../ingest/event/event-stream.ts'

const ts = '"ts":"2026-01-01T00:00:00Z"'

/** The key of an event `{ ts, k: <value> }` of a stream whose key column has the type. */
function keyOf(type: ReturnType<typeof t.string>, value: string): string | null {
  const definition = stream({
    topic: 's',
    time: 'ts',
    schema: { ts: t.timestamp(), k: type.optional() },
    key: 'k',
  })
  const { events, rejections } = openEventStream(definition).check([Buffer.from(`{${ts},"k":${value}}`)])
  expect(rejections).toEqual([])
  const key = events[0]!.key
  return key === null ? null : Buffer.from(key).toString()
}

describe('the record key is the text of the key column, the same however the event writes it', () => {
  test.each([
    [t.string(), '"Zürich \\u0041"', 'Zürich A'],
    [t.enum('a', 'b'), '"b"', 'b'],
    [t.bool(), 'false', 'false'],
    [t.int32(), '-7', '-7'],
    [t.int64(), '9007199254740993', '9007199254740993'],
    [t.uint64(), '18446744073709551615', '18446744073709551615'],
    [t.float64(), '1.50', '1.5'],
    [t.decimal(4, 2), '-0.5', '-0.50'],
    [t.decimal(9, 0), '12', '12'],
    [t.decimal(18, 2), '1e2', '100.00'],
    [t.decimal(38, 2), '-123456789012345678901234567890.12', '-123456789012345678901234567890.12'],
    [t.date(), '"2026-02-03"', '2026-02-03'],
    [t.timestamp(), '"2026-01-01T01:00:00.5+01:00"', '2026-01-01T00:00:00.500000Z'],
    [t.timestamp('us'), '-1', '1969-12-31T23:59:59.999999Z'],
    [t.uuid(), '"6F9619FF-8B86-D011-B42D-00CF4FC964FF"', '6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
    [t.uuid(), '"00000000-0000-0000-0000-000000000001"', '00000000-0000-0000-0000-000000000001'],
    [t.string(), 'null', null],
  ])('%# %j', (type, value, key) => {
    expect(keyOf(type, value)).toBe(key)
  })
})

test('events keep their very bytes; the others come back with their position', () => {
  const definition = stream({ topic: 's', time: 'ts', schema: { ts: t.timestamp() } })
  const values = [`{${ts}}`, '{}', ` { ${ts} , "x": 1.10 } `].map(text => Buffer.from(text))
  const { events, rejections } = openEventStream(definition).check(values)
  expect(events.map(({ row, key, value }) => [row, key, value])).toEqual([
    [0, null, values[0]],
    [2, null, values[2]],
  ])
  expect(rejections).toMatchObject([{ row: 1, reason: 'missing_field', field: 'ts' }])
})

test('a text or a number of t.text() is the key as it was written', () => {
  expect(keyOf(t.text(), '1.50')).toBe('1.50')
  expect(keyOf(t.text(), '"007"')).toBe('007')
})

test('event times of another unit than declared are told, and taken (W4)', () => {
  const events = openEventStream(stream({ topic: 's', time: 'ts', schema: { ts: t.timestamp('ms') } }))
  const seconds = Math.floor(Date.now() / 1000)
  expect(events.warning).toBeUndefined()
  expect(events.check([Buffer.from(`{"ts":${seconds}}`)]).rejections).toEqual([])
  expect(events.warning).toContain('"ts" is declared in milliseconds, and the events look like seconds')
})
