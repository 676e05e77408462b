import fc from 'fast-check'
import { expect, test } from 'vitest'
import { utf8Bytes } from '../../../../core/decode/utf8.ts'

test('the bytes of a text are those that Node encodes it to', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      fc.pre(Buffer.from(text).toString() === text)
      expect([...utf8Bytes(text)]).toEqual([...Buffer.from(text)])
    }),
  )
})
