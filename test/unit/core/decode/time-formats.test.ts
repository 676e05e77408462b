import { describe, expect, it } from 'vitest'
import type { TimestampOptions } from '../../../../core/define/timestamp.ts'
import { t } from '../../../../core/define/types.ts'
import type { TimestampFormat } from '../../../../core/model/column-type.ts'
import { columnOf, decodeValues, outcomeOf } from './support.ts'

/** What JSON comes to in a column: an instant with six digits of a second, or the reason it is refused for. */
function read(options: TimestampOptions, json: string): string {
  const outcome = outcomeOf([columnOf('ts', t.timestamp(options).type)], `{"ts": ${json}}`)
  return typeof outcome === 'string' ? outcome : instantText(outcome[0] as bigint)
}

function instantText(us: bigint): string {
  const micros = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n
  const second = new Date(Number((us - micros) / 1000n)).toISOString().slice(0, 19)
  return `${second}${micros === 0n ? '' : `.${String(micros).padStart(6, '0')}`}Z`
}

/** Why a value is refused, in full. */
function refusal(options: TimestampOptions, json: string): string {
  return decodeValues([columnOf('ts', t.timestamp(options).type)], [`{"ts": ${json}}`]).rejections[0]!.detail
}

describe('times as people have them (F1)', () => {
  const BERLIN: TimestampOptions = { format: 'auto', zone: 'Europe/Berlin' }

  it.each([
    ['"2026-01-05T10:00:00.123456"', '2026-01-05T09:00:00.123456Z'],
    ['"2026-01-05 10:00:00"', '2026-01-05T09:00:00Z'],
    ['"2026-01-05T10:00:00.000+0000"', '2026-01-05T10:00:00Z'],
    ['"2026-01-05"', '2026-01-04T23:00:00Z'],
    ['"2026-01-05T10:00:00+01"', '2026-01-05T09:00:00Z'],
    ['"Mon, 05 Jan 2026 10:00:00 GMT"', '2026-01-05T10:00:00Z'],
    ['"1767607200"', '2026-01-05T10:00:00Z'],
    ['1767607200', '2026-01-05T10:00:00Z'],
    ['"1708500000123456"', '2024-02-21T07:20:00.123456Z'],
    ['{"$date": "2026-01-05T10:00:00Z"}', '2026-01-05T10:00:00Z'],
    ['{"$date": {"$numberLong": "1767607200123"}}', '2026-01-05T10:00:00.123000Z'],
  ])('auto in Europe/Berlin reads %s as %s', (json, expected) => {
    expect(read(BERLIN, json)).toBe(expected)
  })

  it.each<[TimestampOptions['format'] & string, string, string]>([
    ['s', '"1767607200"', '2026-01-05T10:00:00Z'],
    ['s', '"1767607200.5"', '2026-01-05T10:00:00.500000Z'],
    ['s', '1767607200.1234567', '2026-01-05T10:00:00.123456Z'],
    ['s', '-0.0000001', '1969-12-31T23:59:59.999999Z'],
    ['s', '-1', '1969-12-31T23:59:59Z'],
    ['s', '1.7676072e9', '2026-01-05T10:00:00Z'],
    ['ms', '"1767607200123"', '2026-01-05T10:00:00.123000Z'],
    ['us', '"1708500000123456"', '2024-02-21T07:20:00.123456Z'],
    ['ns', '1708500000123456789', '2024-02-21T07:20:00.123456Z'],
    ['ns', '"-1"', '1969-12-31T23:59:59.999999Z'],
    ['ns', '-1001', '1969-12-31T23:59:59.999998Z'],
    ['iso', '"20260105T100000Z"', '2026-01-05T10:00:00Z'],
    ['iso', '"2026-01-05 10:00:00 UTC"', '2026-01-05T10:00:00Z'],
    ['iso', '"2026-01-05T10:00:00,5+05:30"', '2026-01-05T04:30:00.500000Z'],
    ['iso', '"2026-01-05T10Z"', '2026-01-05T10:00:00Z'],
    ['iso', '"2026-01-05T10:00:00\\u005a"', '2026-01-05T10:00:00Z'],
    ['rfc1123', '"5 Jan 2026 10:00 +0100 (CET)"', '2026-01-05T09:00:00Z'],
    ['rfc1123', '"Mon, 05 Jan 2026 05:00:00 EST"', '2026-01-05T10:00:00Z'],
    ['mongo', '{"$date": 1767607200000}', '2026-01-05T10:00:00Z'],
    ['%d/%b/%Y:%H:%M:%S %z', '"05/Jan/2026:10:00:00 +0100"', '2026-01-05T09:00:00Z'],
    ['%A, %d %B %Y %I:%M:%S %p %Z', '"Monday, 5 January 2026 12:00:00 am UTC"', '2026-01-05T00:00:00Z'],
    ['%Y-%j %T.%f %z', '"2024-366 23:59:60.1 Z"', 'out_of_range'],
    ['%Y-%j %T.%f %z', '"2024-366 23:59:59.1 Z"', '2024-12-31T23:59:59.100000Z'],
    ['%-d/%-m/%Y %%%H %z', '"5/1/2026 %10 Z"', '2026-01-05T10:00:00Z'],
    ['%s', '"-1"', '1969-12-31T23:59:59Z'],
    ['%s.%f', '"1767607200.25"', '2026-01-05T10:00:00.250000Z'],
  ])('%s reads %s as %s', (format, json, expected) => {
    expect(read({ format }, json)).toBe(expected)
  })

  it.each<[TimestampOptions, string, string]>([
    [{ format: '%b %d %Y', zone: 'Europe/Berlin' }, '"Jul 14 2025"', '2025-07-13T22:00:00Z'],
    [{ format: '%d/%m/%Y %H:%M', zone: 'UTC' }, '"13/01/2026 09:05"', '2026-01-13T09:05:00Z'],
    [{ format: ['%d.%m.%Y', 'iso'], zone: 'UTC' }, '"2026-01-05T10:00:00"', '2026-01-05T10:00:00Z'],
    [{ format: ['s', 'ms'] }, '1767607200000', '2026-01-05T10:00:00Z'],
    [{ format: 'iso', zone: 'Europe/Berlin' }, '"2026-03-29T02:30:00"', '2026-03-29T01:30:00Z'],
    [{ format: 'iso', zone: 'Europe/Berlin' }, '"2026-10-25T02:30:00"', '2026-10-25T00:30:00Z'],
    [{ format: 'iso', zone: 'Australia/Lord_Howe' }, '"2024-04-07T01:45:00"', '2024-04-06T14:45:00Z'],
    [{ format: 'iso', zone: 'Pacific/Apia' }, '"2011-12-30T12:00:00"', '2011-12-30T22:00:00Z'],
  ])('%j reads %s as %s', (options, json, expected) => {
    expect(read(options, json)).toBe(expected)
  })

  it.each<[TimestampOptions, string, string]>([
    [{ format: 'iso' }, '"2026-01-05T10:00:00"', 'invalid_value'],
    [{ format: 'iso' }, '1767607200', 'wrong_type'],
    [{ format: 'iso', zone: 'UTC' }, '"2026-02-29"', 'invalid_value'],
    [{ format: 'iso', zone: 'UTC' }, '"2026-01-05T24:00:00"', 'invalid_value'],
    [{ format: 'iso', zone: 'UTC' }, '"2026-01-05 "', 'invalid_value'],
    [{ format: 'iso', zone: 'UTC' }, '"9999-12-31"', 'out_of_range'],
    [{ format: 'iso', zone: 'UTC' }, '"1899-12-31T23:59:59.999999"', 'out_of_range'],
    [{ format: 's' }, '"1767607200 "', 'invalid_value'],
    [{ format: 's' }, '"01767607200"', 'invalid_value'],
    [{ format: 's' }, '1767607200000', 'out_of_range'],
    [{ format: 'rfc1123' }, '"Tue, 05 Jan 2026 10:00:00 GMT"', 'invalid_value'],
    [{ format: 'mongo' }, '{"$date": "2026-01-05T10:00:00"}', 'invalid_value'],
    [{ format: 'mongo' }, '{"$date": 1, "more": 2}', 'invalid_value'],
    [{ format: 'mongo' }, '{"$oid": "1"}', 'invalid_value'],
    [{ format: 'mongo' }, '"2026-01-05T10:00:00Z"', 'wrong_type'],
    [{ format: 'iso' }, '{"$date": "2026-01-05T10:00:00Z"}', 'wrong_type'],
    [{ format: '%d/%m/%Y', zone: 'UTC' }, '"01/13/2026"', 'invalid_value'],
    [{ format: 'auto' }, '"yesterday"', 'invalid_value'],
    [{ format: 'auto' }, 'true', 'wrong_type'],
    [{ format: 'ms', notBefore: '2020-01-01' }, '1767607200', 'out_of_range'],
    [{ format: 'ms', notAfter: '2020-01-01' }, '1577836800000', '2020-01-01T00:00:00Z'],
    [{ format: 'ms', notAfter: '2020-01-01' }, '1577836800001', 'out_of_range'],
  ])('%j says of %s: %s', (options, json, expected) => {
    expect(read(options, json)).toBe(expected)
  })
})

describe('a time that is refused', () => {
  it('names the unit that it is likelier to have', () => {
    expect(refusal({ format: 'ms', notBefore: '2020-01-01' }, '1767607200')).toBe(
      '"ts" must be an instant from 2020-01-01T00:00:00Z to 2299, as milliseconds since 1970; found 1767607200, which is 2026-01-05T10:00:00Z in seconds.',
    )
  })

  it('says that a zone is missing', () => {
    expect(refusal({ format: 'iso' }, '"2026-01-05"')).toBe(
      '"ts" must be an instant from 1900 to 2299, as iso with a zone (the column sets none); found "2026-01-05".',
    )
  })

  it.each<[TimestampOptions | TimestampFormat, string, string]>([
    [
      'rfc3339',
      '"1850-01-01T00:00:00Z"',
      'must be an RFC 3339 time from 1900 to 2299; found "1850-01-01T00:00:00Z".',
    ],
    [
      'rfc3339',
      '"2300-01-01T00:00:00Z"',
      'must be an RFC 3339 time from 1900 to 2299; found "2300-01-01T00:00:00Z".',
    ],
    [
      { format: 'iso', zone: 'UTC' },
      '"1850-01-01"',
      'must be an instant from 1900 to 2299, as iso; found "1850-01-01".',
    ],
    [
      's',
      '1767607200000',
      'from 1900 to 2299; found 1767607200000, which is 2026-01-05T10:00:00Z in milliseconds.',
    ],
    ['s', '-9999999999', 'from 1900 to 2299; found -9999999999.'],
  ])('says the range and the value, once and plainly (F9): %j, %s', (format, json, expected) => {
    const type = t.timestamp(format as TimestampFormat).type
    const { rejections } = decodeValues([columnOf('ts', type)], [`{"ts": ${json}}`])
    expect(rejections).toMatchObject([
      { reason: 'out_of_range', field: 'ts', detail: expect.stringContaining(expected) },
    ])
  })

  it('so for days', () => {
    const { rejections } = decodeValues([columnOf('day', { kind: 'date' })], ['{"day": "1850-01-01"}'])
    expect(rejections).toMatchObject([
      {
        reason: 'out_of_range',
        detail: '"day" must be a day as YYYY-MM-DD from 1900 to 2299; found "1850-01-01".',
      },
    ])
  })
})
