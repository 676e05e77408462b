import { expect, it } from 'vitest'
import { Freshness } from '../../../speed-layer/freshness.ts'

it('counts the moment of a sample once all its ends are reached', () => {
  const freshness = new Freshness()
  const positions = new Map([
    [0, 5],
    [1, 0],
  ])
  const position = (partition: number) => positions.get(partition) ?? 0
  expect(freshness.wantsSample).toBe(true)
  freshness.sample(
    1000,
    new Map([
      [0, 5],
      [1, 3],
    ]),
  )
  freshness.reached(position)
  expect(freshness.freshAtMs).toBe(0)
  positions.set(1, 3)
  freshness.reached(position)
  expect(freshness.freshAtMs).toBe(1000)
  expect(freshness.wantsSample).toBe(true)
})
