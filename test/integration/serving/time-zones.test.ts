import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import type { Grain } from '../../../core/model/grain.ts'
import { type BucketWidth, type TimeBuckets, wholeUnit } from '../../../core/model/time-buckets.ts'
import { BUCKET_CUT, bucketSql, bucketTablesSql, timeTextSql } from '../../../core/sql/bucket.ts'
import { clickhouseString } from '../../../core/sql/text.ts'
import { ALL_INSTANTS, type InstantRange, zoneBuckets } from '../../../serving/query/time-buckets.ts'
import { clockChanges, offsetSeconds } from '../../../serving/query/time-zone.ts'
import { withClickHouse } from '../../support/clickhouse.ts'
import { ALL_ZONES, oracleBucket, oracleText } from '../../support/zone-oracle.ts'
import { ROOT } from '../../tidy/source-files.ts'

const clickhouse = withClickHouse()
const FULL = process.env['FIELD_FULL'] === '1'
if (FULL) vi.setConfig({ testTimeout: 3_600_000 })
const FROM = Date.UTC(1970, 0) / 1000
const TO = Date.UTC(2050, 0) / 1000
const TEN_YEARS = 3652 * 86_400
const seconds = (text: string) => Date.parse(text) / 1000

/** What the compiled SQL makes of instants: a statement as the merge has it. */
function bucketsSql(buckets: TimeBuckets, instants: readonly number[], viewGrain: Grain = 'second'): string {
  const from = `(SELECT arrayJoin(CAST([${instants.join(',')}], 'Array(Int64)')) AS __bucket)`
  const cut = `SELECT __bucket, ${bucketSql(buckets, viewGrain)} AS __time FROM ${from}`
  const text = timeTextSql({ ...buckets, timeZone: `${buckets.timeZone} in numbers` })
  return `${bucketTablesSql(buckets)}SELECT __bucket, __time, ${text} AS time FROM (${cut})`
}

async function cut(
  zone: string,
  width: BucketWidth,
  instants: readonly number[],
  range: InstantRange = ALL_INSTANTS,
): Promise<[at: number, start: number, time: string][]> {
  const sql = bucketsSql(zoneBuckets(zone, width, range), instants)
  const rows = await clickhouse.clickHouse.rows<Cut>(sql)
  return rows.map(row => [Number(row.__bucket), Number(row.__time), row.time])
}

interface Cut {
  readonly __bucket: string
  readonly __time: string
  readonly time: string
}

const EVERY_HALF_HOUR = (from: string, count: number) =>
  Array.from({ length: count }, (_, index) => seconds(from) + index * 1800)

describe('buckets stand on the wall clock', () => {
  test('W1: hours of Pacific/Apia have the offset of their instant, across the date line', async () => {
    const [[, , time]] = (await cut('Pacific/Apia', wholeUnit('hour'), [
      seconds('2024-04-06T00:00:00Z'),
    ])) as [[number, number, string]]
    expect(time).toBe('2024-04-06T13:00:00+13:00')
    const days = await cut('Pacific/Apia', wholeUnit('day'), EVERY_HALF_HOUR('2011-12-29T09:00:00Z', 96))
    expect([...new Set(days.map(([, , day]) => day))]).toEqual([
      '2011-12-28T00:00:00-10:00',
      '2011-12-29T00:00:00-10:00',
      '2011-12-31T00:00:00+14:00',
    ])
  })

  test('W2: hours of Australia/Lord_Howe are whole on either side of a change of half an hour', async () => {
    const back = await cut(
      'Australia/Lord_Howe',
      wholeUnit('hour'),
      EVERY_HALF_HOUR('2024-04-06T13:00:00Z', 8),
    )
    expect(back.map(([, , time]) => time)).toEqual([
      '2024-04-07T00:00:00+11:00',
      '2024-04-07T00:00:00+11:00',
      '2024-04-07T01:00:00+11:00',
      '2024-04-07T01:00:00+11:00',
      '2024-04-07T01:00:00+11:00',
      '2024-04-07T02:00:00+10:30',
      '2024-04-07T02:00:00+10:30',
      '2024-04-07T03:00:00+10:30',
    ])
    const on = await cut('Australia/Lord_Howe', wholeUnit('hour'), EVERY_HALF_HOUR('2024-10-05T14:30:00Z', 5))
    expect(on.map(([, , time]) => time)).toEqual([
      '2024-10-06T01:00:00+10:30',
      '2024-10-06T01:00:00+10:30',
      '2024-10-06T02:30:00+11:00',
      '2024-10-06T03:00:00+11:00',
      '2024-10-06T03:00:00+11:00',
    ])
  })

  test('an hour that comes twice makes two buckets', async () => {
    const found = await cut('America/New_York', wholeUnit('hour'), EVERY_HALF_HOUR('2026-11-01T05:00:00Z', 6))
    expect([...new Set(found.map(([, , time]) => time))]).toEqual([
      '2026-11-01T01:00:00-04:00',
      '2026-11-01T01:00:00-05:00',
      '2026-11-01T02:00:00-05:00',
    ])
  })

  test('an offset with seconds is written in minutes, and the instant stays exact', async () => {
    const [[, start, time]] = (await cut('Africa/Monrovia', wholeUnit('day'), [
      seconds('1971-01-01T12:00:00Z'),
    ])) as [[number, number, string]]
    expect([start, time]).toEqual([seconds('1971-01-01T00:44:30Z'), '1971-01-01T00:00:30-00:44'])
    expect(Date.parse(time) / 1000).toBe(start)
  })

  test('in the first and the last year of events', async () => {
    const first = seconds('1900-01-01T00:00:00Z')
    const last = seconds('2299-12-31T23:59:59Z')
    const year = { ...wholeUnit('year'), fiscalYearStart: 4 }
    expect((await cut('Asia/Tokyo', year, [first, last])).map(([, , time]) => time)).toEqual([
      '1899-04-01T00:00:00+09:00',
      '2299-04-01T00:00:00+09:00',
    ])
    expect((await cut('America/New_York', wholeUnit('hour'), [first])).map(([, , time]) => time)).toEqual([
      '1899-12-31T19:00:00-05:00',
    ])
    expect((await cut('Asia/Tokyo', wholeUnit('month'), [last])).map(([, , time]) => time)).toEqual([
      '2300-01-01T00:00:00+09:00',
    ])
  })
})

const WIDTHS: readonly BucketWidth[] = [
  wholeUnit('hour'),
  wholeUnit('day'),
  { ...wholeUnit('minute'), count: 15 },
  { ...wholeUnit('hour'), count: 6 },
  { ...wholeUnit('week'), weekStart: 'sunday' },
  wholeUnit('month'),
  { ...wholeUnit('quarter'), fiscalYearStart: 2 },
  { ...wholeUnit('year'), fiscalYearStart: 4 },
  wholeUnit('minute'),
  { ...wholeUnit('hour'), count: 2 },
  wholeUnit('week'),
  wholeUnit('quarter'),
  wholeUnit('year'),
]

const AROUND = [-86_400, -3600, -1, 0, 1800, 3600, 7199, 86_399]

/** Instants around changes of a zone's clocks: all of them, or, within the time of `npm test`, some of ten years. */
function instantsOf(zone: string, index: number): number[] {
  const from = Date.UTC(1970 + 10 * (index % 8), 0) / 1000
  const changes = FULL ? clockChanges(zone, FROM, TO) : clockChanges(zone, from, from + TEN_YEARS).slice(0, 3)
  const at = changes.length === 0 ? [from] : changes.map(change => change.atSeconds)
  return at.flatMap(change => AROUND.map(by => change + by))
}

interface Case {
  readonly zone: string
  readonly width: BucketWidth
  readonly sql: string
}

/** Cases one statement has, so that a statement is neither one of 5,000 nor longer than ClickHouse reads. */
const CASES_A_STATEMENT = FULL ? 6 : 20

test('in every zone of the tz database the SQL cuts buckets of every width as Temporal does, around changes of clocks', async () => {
  const cases = ALL_ZONES.flatMap((zone, index): Case[] => {
    const instants = [...new Set(instantsOf(zone, index))]
    const widths = FULL ? WIDTHS : [WIDTHS[index % WIDTHS.length]!]
    // The tables of the zone hold no more than the range needs.
    const range = { fromSeconds: Math.min(...instants), toSeconds: Math.max(...instants) + 1 }
    return widths.map(width => ({ zone, width, sql: bucketsSql(zoneBuckets(zone, width, range), instants) }))
  })
  let compared = 0
  for (let from = 0; from < cases.length; from += CASES_A_STATEMENT) {
    const some = cases.slice(from, from + CASES_A_STATEMENT)
    const sql = some.map(({ sql }, index) => `SELECT ${index} AS number, * FROM (${sql})`).join(' UNION ALL ')
    for (const row of await clickhouse.clickHouse.rows<Cut & { number: number }>(sql)) {
      const { zone, width } = some[row.number]!
      const [at, start] = [Number(row.__bucket), Number(row.__time)]
      const expected = oracleBucket(zone, width, at)
      // Offsets with seconds, which RFC 3339 does not have, are the business of another test.
      const text = expected % 60 === 0 ? oracleText(zone, expected) : row.time
      if (start !== expected || row.time !== text || Date.parse(row.time) / 1000 !== expected)
        expect({ zone, width, at, start, time: row.time }).toEqual({
          zone,
          width,
          at,
          start: expected,
          time: text,
        })
      compared += 1
    }
  }
  expect(compared).toBeGreaterThan(5000)
})

test('where a bucket of the view lies in two, the SQL refuses what has one', async () => {
  const hours = { ...zoneBuckets('Asia/Singapore', wholeUnit('hour'), ALL_INSTANTS), mayCut: true }
  const ask = (at: string) => clickhouse.clickHouse.rows<Cut>(bucketsSql(hours, [seconds(at)], 'hour'))
  expect((await ask('2024-01-01T00:00:00Z'))[0]!.time).toBe('2024-01-01T08:00:00+08:00')
  await expect(ask('1981-01-01T00:00:00Z')).rejects.toThrow(BUCKET_CUT)
  // A month of Berlin is made of days in UTC but for the days that a month ends in.
  const months = { ...zoneBuckets('Europe/Berlin', wholeUnit('month'), ALL_INSTANTS), mayCut: true }
  const month = (at: string) => clickhouse.clickHouse.rows<Cut>(bucketsSql(months, [seconds(at)], 'day'))
  expect((await month('2024-01-30T00:00:00Z'))[0]!.time).toBe('2024-01-01T00:00:00+01:00')
  await expect(month('2024-01-31T00:00:00Z')).rejects.toThrow(BUCKET_CUT)
})

/**
 * Where ClickHouse's own idea of local time differs from Node's, which decides: across the date line, at changes of
 * clocks at one minute past midnight, and where one of them has a later edition of the tz database.
 */
const DIFFERING = [
  'Africa/Monrovia',
  'America/Goose_Bay',
  'America/Moncton',
  'America/St_Johns',
  'America/Tijuana',
  'Antarctica/Casey',
  'Asia/Gaza',
  'Asia/Hebron',
  'Asia/Tehran',
  'Pacific/Apia',
  'Pacific/Enderbury',
  'Pacific/Fakaofo',
  'Pacific/Guam',
  'Pacific/Kiritimati',
  'Pacific/Kwajalein',
  'Pacific/Saipan',
]

test('the zone data of Node and of ClickHouse agree from 1970 to 2024, but for what docs/parts.md names', async () => {
  const rows = await clickhouse.clickHouse.rows<{ time_zone: string }>(
    'SELECT time_zone FROM system.time_zones',
  )
  const known = new Set(rows.map(row => row.time_zone))
  expect(ALL_ZONES.filter(zone => !known.has(zone) && zone !== 'America/Coyhaique')).toEqual([])
  const compared = FULL
    ? ALL_ZONES
    : ALL_ZONES.filter((zone, index) => index % 8 === 0 || DIFFERING.includes(zone))
  const differing = await zonesDiffering(compared.filter(zone => known.has(zone)))
  expect(differing).toContain('Pacific/Apia')
  expect(differing.filter(zone => !DIFFERING.includes(zone))).toEqual([])
  const parts = readFileSync(join(ROOT, 'docs/parts.md'), 'utf8')
  expect([...DIFFERING, 'America/Coyhaique'].filter(zone => !parts.includes(zone))).toEqual([])
})

async function zonesDiffering(zones: readonly string[]): Promise<string[]> {
  const asked = zones.map(zone => {
    const changes = clockChanges(zone, FROM, seconds('2024-01-01T00:00:00Z')).map(change => change.atSeconds)
    return { zone, instants: [FROM, ...changes.flatMap(at => [at - 1, at])] }
  })
  const differing: string[] = []
  for (let from = 0; from < asked.length; from += 20) {
    const some = asked.slice(from, from + 20)
    const sql = some.map(({ zone, instants }, index) => {
      const at = `toDateTime64(arrayJoin([${instants.join(',')}]), 0, ${clickhouseString(zone)})`
      return `SELECT ${index} AS number, groupArray(timeZoneOffset(${at})) AS offsets`
    })
    const rows = await clickhouse.clickHouse.rows<{ number: number; offsets: number[] }>(
      sql.join(' UNION ALL '),
    )
    for (const { number, offsets } of rows) {
      const { zone, instants } = some[number]!
      if (instants.some((at, index) => offsetSeconds(zone, at) !== offsets[index])) differing.push(zone)
    }
  }
  return differing
}
