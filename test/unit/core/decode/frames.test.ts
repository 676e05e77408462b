import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { decodeEvents } from '../../../../core/decode/event-batch.ts'
import { frame } from '../../../../core/decode/frames.ts'
import { e, stream, t } from '../../../../core/index.ts'
import type { FixedValues } from '../../../../core/model/column-batch.ts'
import { DigestSum } from '../../../../core/model/digest.ts'
import { openEventStream } from '../../../../ingest/event/event-stream.ts'
import { cellAt, recordOf } from './support.ts'

const of = (records?: string, more: { tombstones?: 'ignore'; maxEventBytes?: number } = {}) =>
  stream({
    topic: 's',
    time: 'ts',
    schema: { ts: t.timestamp('ms').path('t'), tenant: e.header('x', t.string()).optional() },
    ...(records !== undefined && { records }),
    ...more,
  })

function decode(definition: ReturnType<typeof of>, values: readonly (string | null)[]) {
  const records = values.map((value, offset) => ({
    ...recordOf(value, offset * 10),
    headers: [{ name: 'x', value: Buffer.from(`h${offset}`) }],
  }))
  return decodeEvents('id', [{ partition: 2, start: 0, end: 1_000, records }], compileDecoder(definition))
}

/** Of each row: offset, number, and the event, the reason, or nothing for a record that is left out. */
function rowsOf(definition: ReturnType<typeof of>, values: readonly (string | null)[]) {
  const batch = decode(definition, values)
  const column = (name: string) => batch.columns.columns.find(column => column.name === name)!
  return Array.from({ length: batch.columns.rows }, (_, row) => {
    const accepted = cellAt(column('__accepted'), row)
    const rejection = batch.rejections.find(rejected => rejected.row === row)
    const said =
      accepted === true ? `${cellAt(column('ts'), row)} ${cellAt(column('tenant'), row)}` : accepted
    return [
      Number(cellAt(column('__offset'), row)),
      Number(cellAt(column('__element'), row)),
      rejection?.reason ?? said,
    ]
  })
}

describe('F2: records that hold several events', () => {
  test('a list of events, the bad of which are set aside alone', () => {
    expect(
      rowsOf(of('array'), [
        '[{"t":1} , {"t":"x"},{"t":3}]',
        ' [ ] ',
        '[{"t":4}]',
        '[{"t":5},7,null]',
        '{"t":6}',
        '[{"t":7},',
        null,
      ]),
    ).toEqual([
      [0, 0, '1000 h0'],
      [0, 1, 'wrong_type'],
      [0, 2, '3000 h0'],
      [10, -1, null],
      [20, 0, '4000 h2'],
      [30, 0, '5000 h3'],
      [30, 1, 'invalid_json'],
      [30, 2, 'invalid_json'],
      [40, -1, 'wrong_type'],
      [50, -1, 'invalid_json'],
      [60, -1, 'tombstone'],
    ])
  })

  test('lines, of which blank ones are none', () => {
    expect(
      rowsOf(of('lines', { tombstones: 'ignore' }), [
        '{"t":1}\r\n\n{"t":2}\n',
        '{"t":3}',
        ' \n',
        '{"t":\n4}',
        null,
      ]),
    ).toEqual([
      [0, 0, '1000 h0'],
      [0, 1, '2000 h0'],
      [10, 0, '3000 h1'],
      [20, -1, null],
      [30, 0, 'invalid_json'],
      [30, 1, 'invalid_json'],
      [40, -1, null],
    ])
  })

  test('a batch envelope with a list at a path', () => {
    const values = [
      '{"sent":9,"batch":{"events":[{"t":1},{"t":2}]}}',
      '{"batch":{"events":{}}}',
      '{"batch":{}}',
      '{"batch":[]}',
      '\0\0\0\0\u0007{}',
    ]
    expect(rowsOf(of('batch.events'), values)).toEqual([
      [0, 0, '1000 h0'],
      [0, 1, '2000 h0'],
      [10, -1, 'wrong_type'],
      [20, -1, 'missing_field'],
      [30, -1, 'wrong_type'],
      [40, -1, 'schema_registry'],
    ])
  })

  test('one that is too large is set aside whole', () => {
    const definition = of('array', { maxEventBytes: 20 })
    expect(rowsOf(definition, ['[{"t":1},{"t":2}]', '[{"t":1},{"t":2},{"t":3}]'])).toEqual([
      [0, 0, '1000 h0'],
      [0, 1, '2000 h0'],
      [10, -1, 'too_large'],
    ])
  })

  test('the hashes of its events are all different, and add up to that of the record', () => {
    const values = ['[{"t":1},{"t":1},{"t":1}]', '[]', '[{"t":2}]', 'no']
    const hashesOf = (definition: ReturnType<typeof of>) => {
      const { columns, rows } = decode(definition, values).columns
      const hashes = columns.find(({ name }) => name === '__hash')!
      const sum = new DigestSum()
      sum.addAll(hashes.values as FixedValues)
      return { sum: sum.value(), each: Array.from({ length: rows }, (_, row) => cellAt(hashes, row)) }
    }
    const framed = hashesOf(of('array'))
    expect(framed.each).toHaveLength(6)
    expect(new Set(framed.each).size).toBe(6)
    expect(framed.sum).toBe(hashesOf(of()).sum)
  })

  test.each(['array', 'lines', 'a.b'])('what is ingested into %s is a record of one event', records => {
    const definition = of(records)
    const event = '{ "t" :\r\n 1, "text": "a\\nb" }'
    const { events, rejections } = openEventStream(definition).check([
      Buffer.from(event),
      Buffer.from('{"t":1},{"t":2}'),
    ])
    expect(rejections).toMatchObject([{ row: 1, reason: 'invalid_json' }])
    expect(rowsOf(definition, [Buffer.from(events[0]!.value).toString()])).toEqual([[0, 0, '1000 h0']])
  })

  test('an event is framed at the path', () => {
    const framed = frame({ kind: 'list', path: ['a', 'b'] }, Buffer.from('{"t":1}'))
    expect(Buffer.from(framed).toString()).toBe('{"a":{"b":[{"t":1}]}}')
  })
})
