import { describe, expect, it } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { stream } from '../../../../core/define/stream.ts'
import { t } from '../../../../core/define/types.ts'
import { columnOf, outcomeOf, recordOf } from './support.ts'

const COLUMNS = [
  columnOf('id', { kind: 'int32' }),
  columnOf('name', { kind: 'string' }, { path: ['user', 'name'], aliases: [['old'], ['user', 'older']] }),
]
const of = (json: string) => outcomeOf(COLUMNS, json)

describe('a column that is read from more than one place', () => {
  it.each([
    ['its own place', '{"id":1,"user":{"name":"a"}}'],
    ['an alias', '{"id":1,"old":"a"}'],
    ['an alias in front', '{"old":"a","id":1}'],
    ['an alias inside an object', '{"id":1,"user":{"older":"a"}}'],
    ['its own place before an alias', '{"id":1,"user":{"name":"a"},"old":"b"}'],
    ['its own place behind an alias', '{"old":"b","user":{"older":"c","name":"a"},"id":1}'],
    ['the first alias that has a value', '{"id":1,"user":{"older":"c"},"old":"a"}'],
    ['an alias, where its own place is null', '{"id":1,"user":{"name":null},"old":"a"}'],
    ['an alias, where the object of its own is null', '{"id":1,"user":null,"old":"a"}'],
    ['its own place, whatever the aliases hold', '{"id":1,"old":{"x":[1]},"user":{"name":"a","older":5}}'],
  ])('takes %s', (_, json) => {
    expect(of(json)).toEqual([1n, 'a'])
  })

  it.each([
    ['nothing anywhere', '{"id":1}', 'missing_field'],
    ['null everywhere', '{"id":1,"old":null,"user":{"name":null}}', 'missing_field'],
    ['a wrong value in the place that counts', '{"id":1,"user":{"name":5},"old":"a"}', 'wrong_type'],
    ['a wrong value at the alias', '{"id":1,"old":5}', 'wrong_type'],
    ['one place twice', '{"id":1,"old":"a","old":"b"}', 'duplicate_key'],
    ['no JSON at the alias', '{"id":1,"old":tru}', 'invalid_json'],
  ])('%s is refused', (_, json, reason) => {
    expect(of(json)).toBe(reason)
  })

  it('every event speaks for itself', () => {
    const declared = stream({
      topic: 'x',
      time: 'ts',
      schema: { ts: t.timestamp('ms'), n: t.int32().alias('m').optional() },
    })
    const decoder = compileDecoder(declared)
    const events = ['{"ts":1,"m":1}', '{"ts":1}', '{"ts":1,"n":2}', '{"ts":1,"n":null,"m":null}']
    const { columns } = decoder.decode(events.map(event => recordOf(event)))
    const { values, valid } = columns[1]!
    expect([...valid!]).toEqual([1, 0, 1, 0])
    expect(values.layout === 'fixed' && [...new Int32Array(values.data.buffer, 0, 3)]).toEqual([1, 0, 2])
  })
})

describe('t.text() keeps text, numbers and flags as they were written (F6)', () => {
  const text = [columnOf('a', { kind: 'text' })]

  it.each(['007', '1.10', 'a"b', '"', '😀', ''])('of the text %s', value => {
    expect(outcomeOf(text, JSON.stringify({ a: value }))).toEqual([value])
  })

  it.each(['0', '-0', '1.10', '1e3', '1E+05', '12345678901234567890.123456789', 'true', 'false'])(
    'of %s, which is no text',
    written => {
      expect(outcomeOf(text, `{"a": ${written} }`)).toEqual([written])
    },
  )

  it.each(['[1]', '{"b":1}'])('and refuses %s', written => {
    expect(outcomeOf(text, `{"a":${written}}`)).toBe('wrong_type')
  })

  it.each(['1.', '01', '+1', 'tru', '-'])('and takes %s for no JSON', written => {
    expect(outcomeOf(text, `{"a":${written}}`)).toBe('invalid_json')
  })
})
