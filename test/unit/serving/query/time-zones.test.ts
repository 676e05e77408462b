import { describe, expect, test, vi } from 'vitest'
import { type BucketWidth, wholeUnit } from '../../../../core/model/time-buckets.ts'
import { bucketAt, startsWithin, zoneBuckets } from '../../../../serving/query/time-buckets.ts'
import {
  clockChanges,
  instantOfLocal,
  offsetSeconds,
  startOfLocalDay,
} from '../../../../serving/query/time-zone.ts'
import {
  ALL_ZONES,
  changesBetween,
  oracleBucket,
  oracleInstant,
  oracleOffsetSeconds,
  oracleStartOfDay,
} from '../../../support/zone-oracle.ts'

const FROM = Date.UTC(1970, 0) / 1000
const TO = Date.UTC(2050, 0) / 1000
const FULL = process.env['FIELD_FULL'] === '1'
if (FULL) vi.setConfig({ testTimeout: 3_600_000 })

const WIDTHS: readonly BucketWidth[] = [
  wholeUnit('hour'),
  wholeUnit('day'),
  { ...wholeUnit('minute'), count: 15 },
  { ...wholeUnit('hour'), count: 6 },
  { ...wholeUnit('week'), weekStart: 'sunday' },
  wholeUnit('month'),
  { ...wholeUnit('quarter'), fiscalYearStart: 2 },
  { ...wholeUnit('year'), fiscalYearStart: 4 },
  wholeUnit('second'),
  wholeUnit('minute'),
  { ...wholeUnit('hour'), count: 2 },
  { ...wholeUnit('hour'), count: 12 },
  wholeUnit('week'),
  wholeUnit('quarter'),
  wholeUnit('year'),
  { ...wholeUnit('month'), count: 2 },
]

/** Instants around a change of clocks, and a day on either side. */
const AROUND = [-86_400, -7200, -3601, -1800, -1, 0, 1799, 1800, 3600, 7199, 43_200, 86_399, 90_000]

/** Of all zones every change; within the time of `npm test` every change of some, and some changes of every. */
function picked<Item>(items: readonly Item[], zone: number, most: number): Item[] {
  if (FULL || items.length <= most) return [...items]
  return Array.from({ length: most }, (_, index) => items[(zone * 7 + index * 13) % items.length]!)
}

describe('in every zone of the tz database', () => {
  test('changes of clocks are those that Temporal finds', () => {
    const zones = FULL ? ALL_ZONES : ALL_ZONES.filter((_, index) => index % 8 === 0)
    for (const zone of zones) {
      const found = clockChanges(zone, FROM, TO)
      expect([zone, ...found.map(change => change.atSeconds)]).toEqual([
        zone,
        ...changesBetween(zone, 1970, 2050),
      ])
      for (const { atSeconds, offsetSeconds: offset } of picked(found, 0, 5)) {
        expect([zone, offset]).toEqual([zone, oracleOffsetSeconds(zone, atSeconds)])
        expect(offsetSeconds(zone, atSeconds - 1)).toBe(oracleOffsetSeconds(zone, atSeconds - 1))
      }
    }
  })

  test('buckets of every width are those of Temporal around changes of clocks', () => {
    for (const [index, zone] of ALL_ZONES.entries()) {
      const changes = clockChanges(zone, FROM, TO).map(change => change.atSeconds)
      const widths = FULL ? WIDTHS : picked(WIDTHS, index, 2)
      for (const width of widths) {
        const buckets = zoneBuckets(zone, width, { fromSeconds: FROM, toSeconds: TO })
        for (const change of picked(changes, index, 2)) {
          for (const by of AROUND) {
            const found = bucketAt(buckets, change + by)
            const expected = oracleBucket(zone, width, change + by)
            if (found !== expected) expect({ zone, width, at: change + by, found }).toEqual({ expected })
          }
        }
      }
    }
  })

  test('local times around changes of clocks mean the instants that Temporal says', () => {
    for (const [index, zone] of ALL_ZONES.entries()) {
      const changes = clockChanges(zone, FROM, TO)
      for (const { atSeconds, offsetSeconds: offset } of picked(changes, index, 4)) {
        for (const by of AROUND) {
          const local = new Date((atSeconds + by + offset) * 1000).toISOString().slice(0, 19)
          const seconds = Date.parse(`${local}Z`) / 1000
          expect([zone, local, instantOfLocal(seconds, zone)]).toEqual([
            zone,
            local,
            oracleInstant(zone, local),
          ])
          const date = local.slice(0, 10)
          const midnight = Date.parse(`${date}T00:00:00Z`) / 1000
          expect([zone, date, startOfLocalDay(midnight, zone)]).toEqual([
            zone,
            date,
            oracleStartOfDay(zone, date),
          ])
        }
      }
    }
  })

  test('the buckets of a range are those that its instants lie in', () => {
    for (const [index, zone] of ALL_ZONES.entries()) {
      const changes = clockChanges(zone, FROM, TO).map(change => change.atSeconds)
      const [width] = picked(WIDTHS.slice(0, 8), index, 1)
      for (const change of picked(changes, index, FULL ? 1000 : 1)) {
        const range = { fromSeconds: change - 90_000, toSeconds: change + 100_800 }
        const buckets = zoneBuckets(zone, width!, range)
        const instants = Array.from({ length: 212 }, (_, step) => range.fromSeconds + step * 900)
        const expected = [...new Set(instants.map(at => oracleBucket(zone, width!, at)))].sort(
          (a, b) => a - b,
        )
        // Instants of a quarter of an hour may step over what a change at another minute leaves of a bucket.
        const found = startsWithin(buckets, range, 1000)
        expect(found, `${zone} ${change}`).toEqual(expect.arrayContaining(expected))
        const others = found.filter(start => !expected.includes(start))
        expect(others.map(start => bucketAt(buckets, start))).toEqual(others)
        expect(change % 900 === 0 ? others : []).toEqual([])
      }
    }
  })
})
