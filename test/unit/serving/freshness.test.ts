import { expect, test } from 'vitest'
import type { Heartbeat, SpeedStreamState } from '../../../core/io/store/heartbeats.ts'
import { freshnessOf, speedPartitionsOf } from '../../../serving/freshness.ts'
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

test('of a partition that two workers tell of, the further one counts', () => {
  const state = (position: number | null, logEnd: number): SpeedStreamState => ({
    ...{ topic: stream.topic, lanes: [0], views: [], freshAtMs: 0, recordsPerSecond: 0 },
    ...{ state: 'running', error: undefined },
    partitions: [{ partition: 0, position, logEnd, freshAtMs: logEnd }],
  })
  const [near, far, blind] = [state(5, 9), state(7, 8), state(null, 10)]
  for (const states of [
    [near, far, blind],
    [blind, far, near],
  ])
    expect(speedPartitionsOf(states).get(0)).toBe(far.partitions[0])
})
