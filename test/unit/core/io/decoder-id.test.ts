import { expect, test } from 'vitest'
import { decoderId } from '../../../../core/io/decoder-id.ts'
import shop from '../../../../examples/shop/twofold.config.ts'

const [clicks] = shop.streams as [(typeof shop.streams)[number]]

test('a stream that uses nothing new has the decoder of version 0.1.0', () => {
  expect(decoderId(clicks)).toBe('6093029b60f5')
})

test('what changes what an event is changes the decoder', () => {
  const ids = [
    decoderId({ ...clicks, tombstones: 'ignore' }),
    decoderId({ ...clicks, framing: { kind: 'lines' } }),
    decoderId({ ...clicks, framing: { kind: 'list', path: [] } }),
    decoderId(clicks),
  ]
  expect(new Set(ids).size).toBe(4)
})
