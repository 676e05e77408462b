import { expect, it } from 'vitest'
import { type StreamOptions, stream, t } from '../../../../core/index.ts'

const settingsOf = (options: Partial<StreamOptions>) =>
  stream({ topic: 'clicks', time: 'ts', schema: { ts: t.timestamp() }, ...options }).topicSettings

it('a topic is created as Kafka makes it by default, but for what a stream says', () => {
  expect(settingsOf({})).toEqual({ partitions: 4, replicationFactor: 1, retentionMs: undefined })
  expect(settingsOf({ partitions: 8, replicationFactor: 3, retention: '7 days' })).toEqual({
    partitions: 8,
    replicationFactor: 3,
    retentionMs: 604_800_000,
  })
})

it('a topic for events that are larger than what Kafka takes by default takes them, with what stands beside them', () => {
  expect(settingsOf({ maxEventBytes: 1_047_552 })).not.toHaveProperty('maxMessageBytes')
  expect(settingsOf({ maxEventBytes: 1_047_553 }).maxMessageBytes).toBe(1_047_553 + 2 ** 20)
  expect(settingsOf({ maxEventBytes: 64 * 2 ** 20 }).maxMessageBytes).toBe(65 * 2 ** 20)
})
