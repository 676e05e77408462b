import { expect, test } from 'vitest'
import { growthFaults } from './growth.ts'
import type { Measure, Sample } from './samples.ts'
import { trendsOf } from './trend.ts'

/** A figure once a second over three minutes. */
function samplesOf(measure: Measure, value: (minute: number) => number): Sample[] {
  return Array.from({ length: 181 }, (_, second) => ({
    ...{ minute: second / 60, measure, subject: 'speed' },
    value: value(second / 60),
  }))
}

function faultsOf(measure: Measure, value: (minute: number) => number): string[] {
  return growthFaults(trendsOf(samplesOf(measure, value)))
}

test('what is flat, goes up and down, or grows at first alone, is sound', () => {
  expect(faultsOf('memory', () => 300)).toEqual([])
  expect(faultsOf('memory', minute => 300 + 100 * Math.sin(minute * 20))).toEqual([])
  expect(faultsOf('memory', minute => 100 + 300 * Math.min(minute, 1))).toEqual([])
  expect(faultsOf('connections', minute => (minute > 2 ? 2 : 30))).toEqual([])
})

test('what grows all along is named with both figures', () => {
  expect(faultsOf('memory', minute => 100 + 100 * minute)).toEqual([
    'resident memory, MB, speed: 350 in the last third, 250 in the second; 327.5 would be flat',
  ])
  for (const measure of ['descriptors', 'connections', 'parts', 'logs'] as const)
    expect(faultsOf(measure, minute => 10 + 40 * minute)).toHaveLength(1)
  expect(faultsOf('threads', minute => 100 + 300 * minute)).toHaveLength(1)
})

test('of open files the floor counts: what merges open, more and more often, is closed again', () => {
  const merges = (minute: number) => (Math.sin(minute * 50) > 1 - minute / 2 ? 400 : 0)
  expect(faultsOf('descriptors', minute => 100 + merges(minute))).toEqual([])
  expect(faultsOf('descriptors', minute => 100 + merges(minute) + 60 * minute)).toHaveLength(1)
})

test('what a load adds to on purpose has no limit', () => {
  expect(faultsOf('folders', minute => 1000 * minute)).toEqual([])
  expect(faultsOf('rows', minute => 1000 * minute)).toEqual([])
})

test('what is gone in the last third has no trend, and is told', () => {
  expect(
    growthFaults(trendsOf([...samplesOf('memory', () => 1).slice(0, 100), ...samplesOf('logs', () => 1)])),
  ).toEqual(['resident memory, MB, speed: NaN in the last third, 1 in the second; 41.2 would be flat'])
})
