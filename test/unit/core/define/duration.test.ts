import { expect, it } from 'vitest'
import { durationMs } from '../../../../core/define/duration.ts'

it.each([
  ['500 ms', 500],
  ['1 millisecond', 1],
  ['250 milliseconds', 250],
  ['30 s', 30_000],
  ['1 second', 1_000],
  ['10 m', 600_000],
  ['10 min', 600_000],
  ['10 minutes', 600_000],
  ['6 h', 21_600_000],
  ['1.5 hours', 5_400_000],
  ['2d', 172_800_000],
  ['7 days', 604_800_000],
  ['2 weeks', 1_209_600_000],
])('%s is %i ms', (text, expected) => {
  expect(durationMs(text, 'place')).toBe(expected)
})

it.each(['5', 's', '0 s', '-1 s', '5 fortnights', '101 years', '1 d 2 h', '1e3 s'])('%s is none', text => {
  expect(() => durationMs(text, 'place')).toThrow(/place: .* is not a duration/)
})
