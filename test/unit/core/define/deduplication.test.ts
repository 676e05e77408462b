import { expect, it } from 'vitest'
import { e, type StreamOptions, stream, t } from '../../../../core/index.ts'

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

it('its id is the key of events that Twofold produces, so that repeats come to one partition', () => {
  expect(deduplicationOf({ id: 'id' as never }).key).toBe('id')
  expect(deduplicationOf({ id: 'id' as never, key: 'ts' }).key).toBe('ts')
  expect(deduplicationOf({}).key).toBeUndefined()
  const schema = { ts: t.timestamp(), id: e.key(t.string()) }
  expect(deduplicationOf({ schema, id: 'id' as never }).key).toBeUndefined()
})
