import { expect, test } from 'vitest'
import { negotiateFormat } from '../../../../serving/http/accept.ts'

test.each([
  [undefined, 'json'],
  ['', 'json'],
  ['*/*', 'json'],
  ['application/*', 'json'],
  ['text/*', 'csv'],
  ['text/csv', 'csv'],
  ['Application/X-NDJSON', 'ndjson'],
  ['text/html, */*;q=0.1', 'json'],
  ['text/csv;q=0.2, application/x-ndjson;q=0.9', 'ndjson'],
  ['application/json;q=0, */*', 'ndjson'],
])('%s is answered as %s', (accept, format) => {
  expect(negotiateFormat(accept)).toBe(format)
})

test.each(['text/html', 'application/json;q=0', 'application/json;q=x'])('%s cannot be answered', accept => {
  expect(() => negotiateFormat(accept)).toThrow(expect.objectContaining({ code: 'NOT_ACCEPTABLE' }))
})
