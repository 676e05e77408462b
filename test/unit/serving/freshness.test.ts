import { expect, test } from 'vitest'
import type { Heartbeat } from '../../../core/io/store/heartbeats.ts'
import { freshnessOf } from '../../../serving/freshness.ts'
import { events } from '../../support/all-kinds.ts'

const stream = { ...events, lanes: 2 }
const beat = (lanes: number[], freshAtMs: number, topic = stream.topic): Heartbeat => ({
  layer: 'speed',
  instance: 'a',
  ageMs: 0,
  body: { streams: [{ topic, lanes, freshAtMs, partitions: [], recordsPerSecond: 0, state: 'running' }] },
})

test.each([
  ['the lane that is furthest behind counts', [beat([0], 900), beat([1], 700)], 300],
  ['of two that tell of a lane, the fresher', [beat([0, 1], 500), beat([0], 900), beat([1], 800)], 200],
  ['a lane that nobody holds is not known', [beat([0], 900)], null],
  ['a lane that has not caught up is not known', [beat([0], 900), beat([1], 0)], null],
  ['other streams do not count', [beat([0, 1], 900, 'other')], null],
  ['clocks that differ make no negative age', [beat([0, 1], 1_200)], 0],
  ['no layer, no word', [], null],
] as const)('%s', (_what, beats, expected) => {
  expect(freshnessOf(stream, beats, 1_000)).toBe(expected)
})
