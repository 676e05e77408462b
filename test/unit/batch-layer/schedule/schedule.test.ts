import { describe, expect, test } from 'vitest'
import { Schedule } from '../../../../batch-layer/schedule/schedule.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const MIDNIGHT_MS = Date.UTC(2026, 2, 29)

describe('extensions', () => {
  test('come first after a moment, then by the interval from the end of the one before', () => {
    const schedule = new Schedule({ everyMs: 10 * MINUTE_MS, full: undefined }, 0, MIDNIGHT_MS)
    expect(schedule.due(9_999, MIDNIGHT_MS)).toBeUndefined()
    expect(schedule.due(10_000, MIDNIGHT_MS)).toBe('extend')
    schedule.done('extend', 5 * MINUTE_MS, MIDNIGHT_MS)
    expect(schedule.due(15 * MINUTE_MS - 1, MIDNIGHT_MS)).toBeUndefined()
    expect(schedule.untilNextMs(14 * MINUTE_MS, MIDNIGHT_MS)).toBe(MINUTE_MS)
    expect(schedule.due(15 * MINUTE_MS, MIDNIGHT_MS)).toBe('extend')
    expect(schedule.untilNextMs(20 * MINUTE_MS, MIDNIGHT_MS)).toBe(0)
  })

  test('of a short interval do not wait longer the first time', () => {
    const schedule = new Schedule({ everyMs: 1000, full: undefined }, 0, MIDNIGHT_MS)
    expect(schedule.due(1000, MIDNIGHT_MS)).toBe('extend')
  })

  test('do not care for the wall clock', () => {
    const schedule = new Schedule({ everyMs: MINUTE_MS, full: undefined }, 0, MIDNIGHT_MS)
    schedule.done('extend', 0, MIDNIGHT_MS)
    for (const jumpMs of [-24 * HOUR_MS, 24 * HOUR_MS]) {
      expect(schedule.due(MINUTE_MS - 1, MIDNIGHT_MS + jumpMs)).toBeUndefined()
      expect(schedule.due(MINUTE_MS, MIDNIGHT_MS + jumpMs)).toBe('extend')
    }
  })
})

describe('a job that must come again', () => {
  test('comes soon where there was nothing for a first generation yet', () => {
    const schedule = new Schedule({ everyMs: HOUR_MS, full: undefined }, 0, MIDNIGHT_MS)
    schedule.done('extend', 20_000, MIDNIGHT_MS)
    schedule.nothingYet(20_000)
    expect(schedule.due(29_999, MIDNIGHT_MS)).toBeUndefined()
    expect(schedule.due(30_000, MIDNIGHT_MS)).toBe('extend')
  })

  test('comes soon after a failure, then ever later, and at most an interval later', () => {
    const schedule = new Schedule({ everyMs: MINUTE_MS, full: '00:00' }, 0, MIDNIGHT_MS - 1)
    for (const waitMs of [10_000, 20_000, 40_000, MINUTE_MS, MINUTE_MS]) {
      schedule.failed(0)
      expect(schedule.untilNextMs(0, MIDNIGHT_MS)).toBe(waitMs)
      expect(schedule.due(waitMs - 1, MIDNIGHT_MS)).toBeUndefined()
      // What failed is still due: a full recompute is not put off to the next night.
      expect(schedule.due(waitMs, MIDNIGHT_MS)).toBe('full')
    }
    schedule.done('full', MINUTE_MS, MIDNIGHT_MS)
    schedule.failed(MINUTE_MS)
    expect(schedule.untilNextMs(MINUTE_MS, MIDNIGHT_MS)).toBe(10_000)
  })
})

describe('the full recompute', () => {
  const at = (time: string) => Date.parse(`2026-03-29T${time}:00Z`)
  const schedule = () => new Schedule({ everyMs: 24 * HOUR_MS, full: '03:00' }, 0, at('02:00'))
  const later = 1

  test('is due at its time of day in UTC, and goes before an extension', () => {
    const planned = schedule()
    expect(planned.due(later, at('02:59'))).toBeUndefined()
    expect(planned.due(later, at('03:00'))).toBe('full')
    expect(planned.due(24 * HOUR_MS, at('03:00'))).toBe('full')
  })

  test('comes once a day, and does the work of the extension', () => {
    const planned = schedule()
    planned.done('full', HOUR_MS, at('03:05'))
    expect(planned.due(2 * HOUR_MS, at('23:59'))).toBeUndefined()
    expect(planned.untilNextMs(HOUR_MS, at('23:00') - 24 * HOUR_MS)).toBe(24 * HOUR_MS)
    expect(planned.due(2 * HOUR_MS, at('03:00') + 24 * HOUR_MS)).toBe('full')
  })

  test('is the next job where its time comes before that of an extension', () => {
    const planned = schedule()
    planned.done('extend', later, at('02:00'))
    expect(planned.untilNextMs(later, at('02:15'))).toBe(45 * MINUTE_MS)
    expect(planned.untilNextMs(later, at('04:00'))).toBe(0)
    planned.done('full', later, at('04:00'))
    expect(planned.untilNextMs(later, at('04:00'))).toBe(23 * HOUR_MS)
  })

  test('is made up for where it was missed, once', () => {
    const planned = schedule()
    expect(planned.due(later, at('03:00') + 73 * HOUR_MS)).toBe('full')
    planned.done('full', later, at('03:00') + 73 * HOUR_MS)
    expect(planned.due(later, at('03:00') + 74 * HOUR_MS)).toBeUndefined()
  })

  test('is not done again because the clock was set back', () => {
    const planned = schedule()
    planned.done('full', later, at('03:01'))
    expect(planned.due(later, at('02:30'))).toBeUndefined()
    expect(planned.due(later, at('03:00'))).toBeUndefined()
  })

  test('never comes where it is switched off', () => {
    const planned = new Schedule({ everyMs: 24 * HOUR_MS, full: undefined }, 0, at('02:00'))
    expect(planned.due(later, at('02:00') + 1000 * HOUR_MS)).toBeUndefined()
  })
})

test('what waits is done at once, and after a failure not before the next try', () => {
  const planned = new Schedule({ everyMs: HOUR_MS, full: undefined }, 0, 0)
  planned.done('extend', 1000, 0)
  expect(planned.due(2000, 0)).toBeUndefined()
  planned.extendNow(2000)
  expect(planned.due(2000, 0)).toBe('extend')
  planned.failed(2000)
  planned.extendNow(3000)
  expect(planned.due(3000, 0)).toBeUndefined()
  expect(planned.due(2000 + 10_000, 0)).toBe('extend')
})
