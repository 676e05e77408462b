import { expect, it } from 'vitest'
import { answerText } from '../../../../cli/output/answer-text.ts'

const COVERAGE =
  '"coverage":{"generation":12,"freshnessMs":240,"records":{"batch":2801664,"speed":2848},"quarantined":3,"skipped":1204,"lost":0,"complete":true}'

it('shows an answer with every digit, and what it covers', () => {
  const body = `{"meta":[{"name":"origin","type":"text"},{"name":"n","type":"integer"},{"name":"p","type":"double[]"}],
"data":[{"origin":"say \\"12\\"","n":170141183460469231731687303715884105727,"p":[0.5,-1e-7]},{"origin":null,"n":7,"p":null}],
"rows":2,"statistics":{"elapsedMs":9.4},${COVERAGE}}`
  expect(answerText(body).split('\n')).toEqual([
    'origin                                          n            p',
    '────────  ───────────────────────────────────────  ───────────',
    'say "12"  170141183460469231731687303715884105727  [0.5,-1e-7]',
    'NULL                                            7         NULL',
    '',
    '2 rows in 9 ms. Covers 2,804,512 events: 2,801,664 batch + 2,848 speed (generation 12), fresh 240 ms. 3 quarantined. 1,204 repeated, left out. Complete.',
  ])
})

it('shows lists of counts as what they count', () => {
  const top = '[{"value":"NL","count":12},{"value":18446744073709551615,"count":3}]'
  const buckets =
    '[{"from":null,"to":-0.5,"count":1},{"from":-0.5,"to":10,"count":0},{"from":10,"to":null,"count":7}]'
  const body = `{"meta":[{"name":"top","type":"counts"},{"name":"buckets","type":"counts"}],
"data":[{"top":${top},"buckets":${buckets}},{"top":[],"buckets":[]}],"rows":2,"statistics":{"elapsedMs":9.4},${COVERAGE}}`
  expect(answerText(body).split('\n').slice(2, 4)).toEqual([
    'NL: 12, 18446744073709551615: 3  below -0.5: 1, from -0.5 to 10: 0, from 10: 7',
    '[]                               []',
  ])
})
