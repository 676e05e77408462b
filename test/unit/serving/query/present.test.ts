import { expect, test } from 'vitest'
import { type Answer, splitAnswer } from '../../../../serving/query/answer.ts'
import { presentCsv, presentJson, presentNdjson } from '../../../../serving/query/present.ts'

const answer: Answer = {
  meta: [
    { name: 'a', type: 'text' },
    { name: 'b', type: 'integer' },
  ],
  rows: ['{"a":"x","b":18446744073709551615}', '{"a":null,"b":0.10}'],
  statistics: { elapsedMs: 1, rowsRead: 2, bytesRead: 3 },
  coverage: { generation: 1 } as Answer['coverage'],
}

test('coverage rows are told from data rows, which are not parsed', () => {
  const text = [
    '{"__coverage":["0","1"],"a":null,"b":0}',
    '{"__coverage":[],"a":"\\n{\\"__coverage\\":[]","b":18446744073709551615}',
    '',
  ].join('\n')
  expect(splitAnswer(text)).toEqual({
    coverage: [['0', '1']],
    rows: ['{"a":"\\n{\\"__coverage\\":[]","b":18446744073709551615}'],
  })
  expect(splitAnswer('')).toEqual({ coverage: [], rows: [] })
})

test('JSON holds the rows as they came', () => {
  expect(presentJson(answer)).toBe(
    '{"meta":[{"name":"a","type":"text"},{"name":"b","type":"integer"}],' +
      '"data":[{"a":"x","b":18446744073709551615},{"a":null,"b":0.10}],"rows":2,' +
      '"statistics":{"elapsedMs":1,"rowsRead":2,"bytesRead":3},"coverage":{"generation":1}}',
  )
})

test('NDJSON has a line for each row', () => {
  expect(presentNdjson(answer)).toBe(`${answer.rows[0]}\n${answer.rows[1]}\n`)
  expect(presentNdjson({ ...answer, rows: [] })).toBe('')
})

test('CSV quotes what it must, and tells null from empty text', () => {
  const row = (a: unknown, b: unknown) => JSON.stringify({ a, b })
  const rows = [
    row('a,b', '18446744073709551615'),
    row('say "x"\r\n', true),
    row('', null),
    row('plain', [1, null]),
  ]
  expect(presentCsv({ ...answer, rows })).toBe(
    'a,b\r\n"a,b",18446744073709551615\r\n"say ""x""\r\n",true\r\n"",\r\nplain,"[1,null]"\r\n',
  )
})
