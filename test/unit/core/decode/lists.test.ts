import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import type { ColumnBuilder } from '../../../../core/define/types.ts'
import { stream, t } from '../../../../core/index.ts'
import { type Cell, recordOf, rowOf } from './support.ts'

function decoderOf(columns: Readonly<Record<string, ColumnBuilder>>) {
  const definition = stream({
    topic: 's',
    time: 'ts',
    schema: { ts: t.timestamp('ms').path('ts'), ...columns },
  })
  return compileDecoder(definition)
}

/** What events with these members come to: cells without the time, or reason, field and detail. */
function outcomesOf(columns: Readonly<Record<string, ColumnBuilder>>, events: readonly string[]) {
  const decoder = decoderOf(columns)
  const batch = decoder.decode(events.map(text => recordOf(`{"ts":1,${text}}`)))
  return events.map((_, row) => {
    const rejection = batch.rejections.find(rejected => rejected.row === row)
    return rejection ?? rowOf(batch, row).slice(1)
  })
}

const items = t.list(
  t.struct({
    sku: t.string(),
    qty: t.int32().default(1),
    price: t.decimal(10, 2).optional(),
    tags: t.list(t.string()).optional(),
    deep: t.bool().path('more.deep').optional(),
  }),
)

describe('F2: lists', () => {
  test('of values and of objects, nested, empty, missing and null', () => {
    const columns = { tags: t.list(t.string()).optional(), items: items.optional() }
    expect(
      outcomesOf(columns, [
        '"tags":["vip","Zürich"],"items":[{"sku":"mug","price":"3.50","qty":2},{"more":{"deep":true},"sku":"pen","tags":["a","b"]}]',
        '"tags":[],"items":[ ]',
        '"tags":null',
        '"items":[{"sku":"a","tags":[]} , {"sku":"b","tags":null,"unknown":[{"sku":1}]}], "tags" : [ "x" ]',
      ]),
    ).toEqual([
      [
        ['vip', 'Zürich'],
        [
          { sku: 'mug', qty: 2n, price: 350n, tags: null, deep: null },
          { sku: 'pen', qty: 1n, price: null, tags: ['a', 'b'], deep: true },
        ],
      ],
      [[], []],
      [null, null],
      [
        ['x'],
        [
          { sku: 'a', qty: 1n, price: null, tags: [], deep: null },
          { sku: 'b', qty: 1n, price: null, tags: null, deep: null },
        ],
      ],
    ])
  })

  test('an event that is refused leaves nothing behind in the lists of the others', () => {
    const good = (n: number) => `"items":[{"sku":"s${n}","price":${n}},{"sku":"t${n}"}]`
    const bad = '"items":[{"sku":"x","price":9,"tags":["u"]},{"sku":"y"},{"sku":1}]'
    const found = outcomesOf({ items }, [good(1), bad, bad, good(2), '"items":7', good(3)])
    expect(found.filter(Array.isArray)).toEqual(
      [1n, 2n, 3n].map(n => [
        [
          { sku: `s${n}`, qty: 1n, price: 100n * n, tags: null, deep: null },
          { sku: `t${n}`, qty: 1n, price: null, tags: null, deep: null },
        ],
      ]),
    )
  })

  test.each([
    ['no list', '"items":{}', 'wrong_type', '"items" must be a list; found {}.'],
    ['another element', '"items":[{"sku":"a"},5]', 'wrong_type', '"items[1]" must be an object; found 5.'],
    ['a null', '"items":[null]', 'missing_field', '"items[0]" is required, and is null.'],
    [
      'a member too few',
      '"items":[{"qty":1}]',
      'missing_field',
      '"items[0].sku" is required, and is missing.',
    ],
    [
      'a wrong member',
      '"items":[{"sku":"a"},{"sku":"b","price":"x"}]',
      'invalid_value',
      '"items[1].price" must be a decimal of 10 digits, 2 of them behind the point; found "x".',
    ],
    [
      'a member twice',
      '"items":[{"sku":"a","sku":"a"}]',
      'duplicate_key',
      '"items[0].sku" stands in the event twice.',
    ],
    [
      'a wrong object',
      '"items":[{"sku":"a","more":1}]',
      'wrong_type',
      '"items[0].more" must be an object; found 1.',
    ],
    [
      'a wrong element of a list inside',
      '"items":[{"sku":"a","tags":["b",["c"]]}]',
      'wrong_type',
      '"items[0].tags[1]" must be a string of well-formed Unicode; found ["c"].',
    ],
    [
      'no JSON',
      '"items":[{"sku":"a"},]',
      'invalid_json',
      'The event is not one JSON object: byte 29 is not expected: "]}".',
    ],
  ])('with %s quarantines the event, and says where', (_, event, reason, detail) => {
    const [found] = outcomesOf({ items }, [event])
    const field = reason === 'invalid_json' ? undefined : 'items'
    expect(found).toMatchObject({ reason, field, detail })
  })

  test('hold null where their elements are optional', () => {
    const columns = { n: t.list(t.int64().optional()), o: t.list(t.struct({ a: t.string() }).optional()) }
    expect(outcomesOf(columns, ['"n":[1,null,3],"o":[null,{"a":"x"}]'])).toEqual([
      [
        [1n, null, 3n],
        [null, { a: 'x' }],
      ],
    ])
  })

  test('come out as JSON.parse reads them, whatever else is in the batch', () => {
    const leaf = fc.record({
      s: fc.string(),
      n: fc.option(fc.integer()),
      l: fc.option(fc.array(fc.string(), { maxLength: 4 })),
    })
    const event = fc.record({ a: fc.array(leaf, { maxLength: 40 }), b: fc.array(fc.array(fc.boolean())) })
    const columns = {
      a: t.list(t.struct({ s: t.string(), n: t.int64().optional(), l: t.list(t.string()).optional() })),
      b: t.list(t.list(t.bool())),
    }
    const law = fc.property(fc.array(fc.option(event), { maxLength: 30 }), events => {
      const texts = events.map(event =>
        JSON.stringify(event ?? { a: [{ s: 'x' }, { s: 1 }], b: [] }).slice(1, -1),
      )
      const found = outcomesOf(columns, texts).filter(Array.isArray)
      const expected = events.flatMap(event => {
        if (event === null) return []
        const a = event.a.map(({ s, n, l }) => ({ s, n: n === null ? null : BigInt(n), l }) as Cell)
        return [[a, event.b]]
      })
      expect(found).toEqual(expected)
    })
    fc.assert(law, { numRuns: 60 })
  })
})

describe('F2: paths into lists', () => {
  test('take the element at a position, or the first with a text at a key (GA4 event_params)', () => {
    const columns = {
      session: t.int64().path('event_params[key=ga_session_id].value.int_value').optional(),
      page: t.string().path('event_params[key=page.location].value.string_value').optional(),
      first: t.string().path('event_params[0].key').optional(),
      tag: t.string().path('tags[1]').optional(),
      grid: t.int32().path('grid[1][0]').optional(),
      five: t.string().path('ids[id=5].name').optional(),
    }
    const ga4 =
      '"event_params":[{"value":{"int_value":"7"},"key":"other"},{"value":{"string_value":null,"int_value":"171"},"key":"ga_session_id"},{"key":"ga_session_id","value":{"int_value":"9"}},{"key":"page.loc\\u0061tion","value":{"string_value":"/a"}}]'
    expect(
      outcomesOf(columns, [
        `${ga4},"tags":["a","b","c"],"grid":[[1],[2,3]],"ids":[{"id":4,"name":"four"},{"id":5,"name":"five"}]`,
        '"event_params":[],"tags":["a"],"grid":[[1]],"ids":[1,"5",null,{"name":"none"}]',
        '"event_params":null',
        '"event_params":[null]',
      ]),
    ).toEqual([
      [171n, '/a', 'other', 'b', 2n, 'five'],
      [null, null, null, null, null, null],
      [null, null, null, null, null, null],
      [null, null, null, null, null, null],
    ])
  })

  test('say what is wrong', () => {
    const columns = { session: t.int64().path('p[key=s].v') }
    const says = (event: string) => outcomesOf(columns, [event])[0]
    expect(says('"p":{}')).toMatchObject({
      reason: 'wrong_type',
      field: 'p',
      detail: '"p" must be a list; found {}.',
    })
    expect(says('"p":[{"key":"t"}]')).toMatchObject({ reason: 'missing_field', field: 'session' })
    expect(says('"p":[{"key":"s","v":"x"}]')).toMatchObject({ reason: 'invalid_value', field: 'session' })
    expect(says('"p":[{"key":"s","v":1},]')).toMatchObject({ reason: 'invalid_json' })
    expect(says('"p":[{"key":"s","v":1},[[[}]')).toMatchObject({ reason: 'invalid_json' })
  })
})
