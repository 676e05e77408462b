import { expect, it } from 'vitest'
import { canonicalJson } from '../../../../core/model/canonical-json.ts'

it('writes equal data alike, whatever the order of its keys', () => {
  expect(canonicalJson({ b: [1, { y: null, x: 'é' }], a: undefined, c: true })).toBe(
    '{"b":[1,{"x":"é","y":null}],"c":true}',
  )
  expect(canonicalJson({ c: true, b: [1, { x: 'é', y: null }] })).toBe(
    canonicalJson({ b: [1, { y: null, x: 'é' }], c: true }),
  )
})
