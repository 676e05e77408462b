import { describe, expect, test } from 'vitest'
import { requestOfParameters } from '../../../../serving/query/parameters.ts'

test('all parameters make one question', () => {
  expect(
    requestOfParameters('sales', {
      measures: 'orders,revenue',
      dimensions: 'country',
      from: '2026-01-01',
      to: '2026-02-01',
      grain: 'day',
      timeZone: 'UTC',
      weekStart: 'sunday',
      fiscalYearStart: '4',
      fill: 'true',
      having: 'orders:gte:10',
      filter: ['country:in:DE,FR', 'price:gt:5'],
      order: '-orders,time',
      limit: '10',
      offset: '20',
    }),
  ).toEqual({
    view: 'sales',
    measures: ['orders', 'revenue'],
    dimensions: ['country'],
    timeRange: { from: '2026-01-01', to: '2026-02-01' },
    grain: 'day',
    timeZone: 'UTC',
    weekStart: 'sunday',
    fiscalYearStart: 4,
    fill: true,
    having: [{ measure: 'orders', op: 'gte', values: ['10'] }],
    filters: [
      { dimension: 'country', op: 'in', values: ['DE', 'FR'] },
      { dimension: 'price', op: 'gt', values: ['5'] },
    ],
    order: [{ by: 'orders', desc: true }, { by: 'time' }],
    limit: 10,
    offset: 20,
  })
  expect(requestOfParameters('sales', {})).toEqual({ view: 'sales' })
  expect(requestOfParameters('sales', { measures: '' })).toEqual({ view: 'sales', measures: [] })
})

describe('a filter', () => {
  test.each([
    ['a:isNull', { dimension: 'a', op: 'isNull' }],
    ['a:in:', { dimension: 'a', op: 'in', values: [''] }],
    ['a:in:x,,y', { dimension: 'a', op: 'in', values: ['x', '', 'y'] }],
    ['a:in:x\\,y,z', { dimension: 'a', op: 'in', values: ['x,y', 'z'] }],
    ['a:in:x\\\\,y', { dimension: 'a', op: 'in', values: ['x\\', 'y'] }],
    ['a:in:x\\', { dimension: 'a', op: 'in', values: ['x\\'] }],
    [
      'or(a:in:x,y;b:gt:5;and(a:isNull;b:isNotNull))',
      {
        or: [
          { dimension: 'a', op: 'in', values: ['x', 'y'] },
          { dimension: 'b', op: 'gt', values: ['5'] },
          {
            and: [
              { dimension: 'a', op: 'isNull' },
              { dimension: 'b', op: 'isNotNull' },
            ],
          },
        ],
      },
    ],
    ['or(a:in:x\\;y,\\(z\\))', { or: [{ dimension: 'a', op: 'in', values: ['x;y', '(z)'] }] }],
    ['a:in:x;y,(z', { dimension: 'a', op: 'in', values: ['x;y', '(z'] }],
    ['at:gt:2026-01-01T00:00:00Z', { dimension: 'at', op: 'gt', values: ['2026-01-01T00:00:00Z'] }],
  ])('%s', (text, filter) => {
    expect(requestOfParameters('sales', { filter: text })).toEqual({ view: 'sales', filters: [filter] })
  })
})

test('what is no whole number is left for the check to refuse', () => {
  expect(requestOfParameters('sales', { limit: '1e3' })).toEqual({ view: 'sales', limit: '1e3' })
})

test.each([
  [{ filters: 'a:isNull' }, /no parameter "filters"/],
  [{ grain: ['day', 'hour'] }, /grain stands in the URL 2 times/],
  [{ filter: 'a' }, /names no operator/],
  [{ filter: 'or(a:isNull' }, /names no operator/],
  [{ filter: 'or(a:isNull;(b:isNull)' }, /parenthesis/],
  [{ having: 'or()' }, /having= names no operator/],
])('%j is refused', (parameters, message) => {
  expect(() => requestOfParameters('sales', parameters)).toThrow(message)
})
