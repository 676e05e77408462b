import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { WallClock } from '../../../../core/decode/columns/wall-clock.ts'

/** Zones whose clocks did something odd: half hours, whole days, seconds, Ramadan, two changes within weeks. */
const ODD_ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Kwajalein',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'America/St_Johns',
  'Antarctica/Troll',
  'Asia/Gaza',
  'Asia/Kolkata',
]

/** With FIELD_FULL=1 all zones from 1900 to 2050, and more times around each change. */
const IS_FULL = process.env['FIELD_FULL'] === '1'
const ZONES = IS_FULL ? Intl.supportedValuesOf('timeZone') : ODD_ZONES
const FIRST_YEAR = IS_FULL ? 1900 : 1970
const LAST_YEAR = IS_FULL ? 2050 : 2028
const AROUND = IS_FULL ? [-86_400, -1800, -1, 0, 1, 900] : [-1, 0, 900]

/** The instant that Temporal knows for a local time. */
function temporalInstant(zone: string, local: number): number {
  const clock = Temporal.Instant.fromEpochMilliseconds(local * 1000)
    .toZonedDateTimeISO('UTC')
    .toPlainDateTime()
  return clock.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds / 1000
}

/** Each second at which a zone changes its offset, and both offsets, by Temporal. */
function* changesOf(zone: string): Generator<{ at: number; before: number; after: number }> {
  let time: Temporal.ZonedDateTime | null = Temporal.ZonedDateTime.from(`${FIRST_YEAR}-01-02T00:00[${zone}]`)
  for (;;) {
    time = time.getTimeZoneTransition('next')
    if (time === null || time.year > LAST_YEAR) return
    const before = time.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e9
    yield { at: time.epochMilliseconds / 1000, before, after: time.offsetNanoseconds / 1e9 }
  }
}

describe('the wall clock of a zone', () => {
  it.each(ZONES)('is read as Temporal reads it around every change of %s', { timeout: 120_000 }, zone => {
    const clock = WallClock.of(zone)
    for (const { at, before, after } of changesOf(zone)) {
      for (const edge of new Set([at + before, at + after])) {
        for (const local of AROUND.map(distance => edge + distance))
          expect([zone, local, clock.instantOf(local)]).toEqual([zone, local, temporalInstant(zone, local)])
      }
    }
  })

  it('is read as Temporal reads it at any time, in any order', () => {
    const clocks = new Map(ODD_ZONES.map(zone => [zone, WallClock.of(zone)]))
    const local = fc.integer({ min: Date.UTC(1900, 0) / 1000, max: Date.UTC(2299, 11) / 1000 })
    fc.assert(
      fc.property(fc.constantFrom(...ODD_ZONES), local, (zone, seconds) => {
        expect(clocks.get(zone)!.instantOf(seconds)).toBe(temporalInstant(zone, seconds))
      }),
      { numRuns: 300 },
    )
  })

  it('shows what it skips an hour later, and what it shows twice the first time', () => {
    const berlin = WallClock.of('Europe/Berlin')
    const at = (text: string) =>
      new Date(berlin.instantOf(Date.parse(`${text}Z`) / 1000) * 1000).toISOString()
    expect(at('2026-03-29T02:30:00')).toBe('2026-03-29T01:30:00.000Z')
    expect(at('2026-10-25T02:30:00')).toBe('2026-10-25T00:30:00.000Z')
  })
})
