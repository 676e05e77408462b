import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { describe, expect, it } from 'vitest'
import { t } from '../../../../core/define/types.ts'
import { TIMESTAMP_END_US, TIMESTAMP_MIN_US } from '../../../../core/model/column-type.ts'
import { columnOf, outcomeOf } from './support.ts'

const MIN_US = BigInt(TIMESTAMP_MIN_US)
const END_US = BigInt(TIMESTAMP_END_US)

/** What a value comes to in a column of `t.timestamp(options)`: microseconds, or the reason. */
function read(options: Parameters<typeof t.timestamp>[0], json: string): bigint | string {
  const outcome = outcomeOf([columnOf('a', t.timestamp(options).type)], `{"a":${json}}`)
  return typeof outcome === 'string' ? outcome : (outcome[0] as bigint)
}

const floorDiv = (value: bigint, by: bigint) => (value - (((value % by) + by) % by)) / by
const usOf = (text: string) => Temporal.Instant.from(text).epochNanoseconds / 1000n

describe('times as people have them (F1)', () => {
  const lines = readFileSync(new URL('../../../support/times.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const TEN = usOf('2026-01-05T10:00:00Z')
  const RIGHT: Readonly<Record<string, bigint>> = {
    'py isoformat, no zone': TEN + 123_456n,
    'no zone, space': TEN,
    'jackson +0000': TEN,
    'date only': usOf('2026-01-05T00:00:00Z'),
    'hour-only offset': usOf('2026-01-05T09:00:00Z'),
    rfc1123: TEN,
    'epoch string': TEN,
    'epoch number': TEN,
  }
  const rows = lines.map(line => JSON.parse(line) as { ts: string | number; label: string })

  it.each(rows)('$label: $ts', ({ ts, label }) => {
    const json = JSON.stringify(ts)
    expect(read({ format: 'auto', zone: 'UTC' }, json)).toBe(RIGHT[label])
    expect(read({ format: ['iso', 'rfc1123', 's'], zone: 'UTC' }, json)).toBe(RIGHT[label])
  })

  it('reads the microseconds of GA4, which are text', () => {
    expect(read({ format: 'us' }, '"1708500000123456"')).toBe(1_708_500_000_123_456n)
    expect(read({ format: 'auto' }, '"1708500000123456"')).toBe(1_708_500_000_123_456n)
  })

  it.each([
    ['%b %d %Y', '"Jan 05 2026"', '2026-01-05T00:00:00Z'],
    ['%A, %e %B %Y %I:%M %p', '"Monday,  5 january 2026 10:00 PM"', '2026-01-05T22:00:00Z'],
    ['%d/%b/%Y:%H:%M:%S %z', '"05/Jan/2026:10:00:00 -0500"', '2026-01-05T15:00:00Z'],
    ['%Y-%j', '"2024-366"', '2024-12-31T00:00:00Z'],
    ['%m/%d/%y %I:%M:%S %p', '"1/5/26 12:00:01 am"', '2026-01-05T00:00:01Z'],
    ['%Y%m%d%H%M%S', '"20260105100000"', '2026-01-05T10:00:00Z'],
    ['%Y年%m月%d日', '"2026年01月05日"', '2026-01-05T00:00:00Z'],
    ['%F %T %Z', '"2026-01-05 10:00:00 UTC"', '2026-01-05T10:00:00Z'],
  ] as const)('%s reads %s', (format, json, instant) => {
    expect(read({ format, zone: 'UTC' }, json)).toBe(usOf(instant))
  })

  it.each([
    ['%d/%m/%Y', '"31/02/2026"'],
    ['%d/%m/%Y', '"01/13/2026"'],
    ['%d/%m/%Y', '"1/1/26"'],
    ['%d/%m/%Y', '"01/01/2026 "'],
    ['%a %d %b %Y', '"Tue 05 Jan 2026"'],
    ['iso', '"2026-02-30"'],
    ['iso', '"2026-01-05T25:00"'],
    ['iso', '"2026-01-05T10:00:00."'],
    ['iso', '"2026-01-05T24:00:01Z"'],
    ['iso', '"2026-01-05T10:00:00+24"'],
    ['rfc1123', '"Mon, 05 January2026 10:00:00 GMT"'],
    ['mongo', '{"$date":"2026-01-05"}'],
    ['mongo', '{"$date":1,"x":2}'],
  ] as const)('%s refuses %s', (format, json) => {
    expect(read({ format, zone: 'UTC' }, json)).toBe('invalid_value')
  })

  it.each(['%Q', '%d/%m', '%Y-%m-%d', '%Y %m %d %I', '%Y %Y %m %d %z'])(
    'a pattern that says no instant, %s, is refused where it is declared',
    format => {
      expect(() => t.timestamp({ format: format as '%Y' })).toThrow(/t\.timestamp/)
    },
  )

  it('escapes mean the same, and a list refuses what none of it reads', () => {
    expect(read({ format: 'iso' }, '"2026-01-05T10:00:00\\u005a"')).toBe(TEN)
    expect(read({ format: ['iso', '%d.%m.%Y'], zone: 'UTC' }, '"5.1.2026"')).toBe(TEN - 36_000_000_000n)
    expect(read({ format: ['iso', '%d.%m.%Y'], zone: 'UTC' }, '"5/1/2026"')).toBe('invalid_value')
  })
})

describe('whatever the instant and the unit, rounding goes down (W3)', () => {
  const NS_PER: Readonly<Record<string, bigint>> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }
  const picos = fc.oneof(
    fc.bigInt({ min: (MIN_US - 10n) * 1_000_000n, max: (END_US + 10n) * 1_000_000n }),
    fc.bigInt({ min: -5_000_000_000n, max: 5_000_000_000n }),
    // Whole nanoseconds, and whole microseconds: integers of up to nineteen digits.
    fc.bigInt({ min: (MIN_US - 1n) * 1000n, max: (END_US + 1n) * 1000n }).map(ns => ns * 1000n),
    fc.bigInt({ min: MIN_US - 1n, max: END_US + 1n }).map(us => us * 1_000_000n),
    fc
      .tuple(fc.constantFrom(MIN_US, END_US, 0n), fc.bigInt({ min: -2_000_000n, max: 2_000_000n }))
      .map(([us, more]) => us * 1_000_000n + more),
  )
  /** A number of 10^−12 s in a unit, exactly. */
  const textIn = (ps: bigint, unit: string): string => {
    const per = NS_PER[unit]! * 1000n
    const size = ps < 0n ? -ps : ps
    const fraction = (size % per)
      .toString()
      .padStart(per.toString().length - 1, '0')
      .replace(/0+$/, '')
    return `${ps < 0n ? '-' : ''}${size / per}${fraction === '' ? '' : `.${fraction}`}`
  }

  it.each(['s', 'ms', 'us', 'ns'] as const)('of numbers and text in %s', unit => {
    fc.assert(
      fc.property(picos, fc.boolean(), (ps, isText) => {
        const text = textIn(ps, unit)
        const us = floorDiv(ps, 1_000_000n)
        const right = us < MIN_US || us >= END_US ? 'out_of_range' : us
        expect(read({ format: unit }, isText ? `"${text}"` : text)).toBe(right)
      }),
      { numRuns: 500 },
    )
  })

  it('of texts with a fraction', () => {
    const second = fc.integer({ min: TIMESTAMP_MIN_US / 1e6, max: TIMESTAMP_END_US / 1e6 - 1 })
    fc.assert(
      fc.property(
        second,
        fc.stringMatching(/^[0-9]{1,9}$/),
        fc.constantFrom('.', ','),
        (at, digits, mark) => {
          const text = `"${new Date(at * 1000).toISOString().slice(0, 19)}${mark}${digits}Z"`
          const us = BigInt(at) * 1_000_000n + BigInt(digits.padEnd(6, '0').slice(0, 6))
          expect(read({ format: 'iso' }, text)).toBe(us)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('of numbers whose unit is judged by their size', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 10n ** 8n, max: 10n ** 20n - 1n }), fc.boolean(), (size, isNegative) => {
        const number = isNegative ? -size : size
        const unit = size < 10n ** 11n ? 's' : size < 10n ** 14n ? 'ms' : size < 10n ** 17n ? 'us' : 'ns'
        const us = floorDiv(number * NS_PER[unit]!, 1000n)
        expect(read({ format: 'auto' }, `${number}`)).toBe(us < MIN_US || us >= END_US ? 'out_of_range' : us)
      }),
      { numRuns: 500 },
    )
  })
})

describe('bounds of a column (W4)', () => {
  const BOUNDS = { notBefore: '2015-01-01', notAfter: '2030-01-01T00:00:00Z' }
  const first = Date.UTC(2015, 0)
  const last = Date.UTC(2030, 0)

  it.each([
    [`${first}`, BigInt(first) * 1000n],
    [`${first}.0`, BigInt(first) * 1000n],
    [`${first - 1}.9999999`, 'out_of_range'],
    [`${last}`, BigInt(last) * 1000n],
    [`${last}.0009`, BigInt(last) * 1000n],
    [`${last}.001`, 'out_of_range'],
    ['1708500000', 'out_of_range'],
  ])('%s milliseconds come to %s', (json, expected) => {
    expect(read({ format: 'ms', ...BOUNDS }, json)).toBe(expected)
  })

  it('never make another format of a list take the value', () => {
    const inThisYear = { notAfter: '2030-01-01' }
    expect(read({ format: 'auto', ...inThisYear }, '2000000000')).toBe('out_of_range')
    expect(read({ format: ['s', 'ms'], ...inThisYear }, '2000000000')).toBe('out_of_range')
    expect(read({ format: ['iso', 's'], notBefore: '2027-01-01', zone: 'UTC' }, '"20260105"')).toBe(
      'out_of_range',
    )
  })
})

describe('auto takes no number that says too little', () => {
  it.each([
    ['20260105', 'invalid_value'],
    ['"20260105"', 'invalid_value'],
    ['2026', 'invalid_value'],
    ['0', 'invalid_value'],
    ['2e3', 'invalid_value'],
    ['-99999999.5', 'invalid_value'],
    ['20260105100000', 'out_of_range'],
    ['1e30', 'out_of_range'],
    ['100000000', 100_000_000_000_000n],
    ['1.7676072E9', 1_767_607_200_000_000n],
    ['17676072e5', 1_767_607_200_000_000n],
  ])('%s is %s', (json, expected) => {
    expect(read({ format: 'auto' }, json)).toBe(expected)
  })
})

it('a zone that no format needs is no part of the type', () => {
  expect(t.timestamp({ format: 'ms', zone: 'Europe/Berlin' }).type).toEqual({
    kind: 'timestamp',
    formats: ['ms'],
  })
})
