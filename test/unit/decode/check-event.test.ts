import { expect, it } from 'vitest'
import { checkEvent } from '../../../core/decode/check-event.ts'
import { compileDecoder } from '../../../core/decode/compile.ts'
import { columnOf, streamOf } from './support.ts'

const decoder = compileDecoder(streamOf([columnOf('a', { kind: 'int32' })]))

it('finds nothing wrong with an event', () => {
  expect(checkEvent(decoder, Buffer.from('{"a":1}'))).toBeUndefined()
})

it('says why an event would be set aside', () => {
  expect(checkEvent(decoder, Buffer.from('{"a":1.5}'))).toEqual({
    reason: 'out_of_range',
    field: 'a',
    detail: '"a" must be an integer of 32 bits; found 1.5.',
  })
})
