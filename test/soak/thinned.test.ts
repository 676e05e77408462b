import { expect, test } from 'vitest'
import type { Sample } from './samples.ts'
import { thinned } from './thinned.ts'

test('of an hour of samples a chart gets sixty of each figure, and each peak', () => {
  const samples: Sample[] = Array.from({ length: 720 }, (_, index) => ({
    ...{ minute: index / 12, measure: 'memory', subject: 'speed' },
    value: index === 400 ? 999 : 100,
  }))
  const kept = thinned([...samples, ...samples.map(sample => ({ ...sample, subject: 'batch' }))])
  expect(kept).toHaveLength(120)
  expect(
    kept.filter(({ value }) => value === 999).map(({ minute, subject }) => [Math.floor(minute), subject]),
  ).toEqual([
    [33, 'speed'],
    [33, 'batch'],
  ])
})

test('a soak of few samples keeps them all', () => {
  const samples: Sample[] = [0, 1, 2].map(minute => ({
    minute,
    measure: 'parts',
    subject: 'batch_v',
    value: minute,
  }))
  expect(thinned(samples).map(({ value }) => value)).toEqual([0, 1, 2])
})
