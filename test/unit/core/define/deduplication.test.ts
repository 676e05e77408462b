import { expect, it } from 'vitest'
import { type StreamOptions, stream, t } from '../../../../core/index.ts'

const deduplicationOf = (options: Partial<StreamOptions>) =>
  stream({ topic: 'clicks', time: 'ts', schema: { ts: t.timestamp(), id: t.uuid() }, ...options })

it('a stream that declares an id says how far back it counts', () => {
  expect(deduplicationOf({ id: 'id' as never }).deduplication).toEqual({ column: 'id', within: 1_000_000 })
  expect(deduplicationOf({ id: 'id' as never, within: 1 }).deduplication?.within).toBe(1)
  expect(deduplicationOf({ id: 'id' as never, within: 2 ** 24 }).deduplication?.within).toBe(16_777_216)
})

it('one that declares none is what it was before there were ids: versions of its views stay the same', () => {
  expect(deduplicationOf({})).not.toHaveProperty('deduplication')
})
