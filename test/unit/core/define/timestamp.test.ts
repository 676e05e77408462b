import { describe, expect, it } from 'vitest'
import type { TimestampOptions } from '../../../../core/define/timestamp.ts'
import { t } from '../../../../core/define/types.ts'
import type { ColumnType } from '../../../../core/model/column-type.ts'

describe('t.timestamp', () => {
  it.each<[ReturnType<typeof t.timestamp>, ColumnType]>([
    [t.timestamp(), { kind: 'timestamp', format: 'rfc3339' }],
    [t.timestamp('ms'), { kind: 'timestamp', format: 'ms' }],
    [t.timestamp({}), { kind: 'timestamp', formats: ['rfc3339'] }],
    [t.timestamp({ format: 'ms' }), { kind: 'timestamp', formats: ['ms'] }],
    [
      t.timestamp({ format: ['%F', 'auto'], zone: 'Asia/Tokyo' }),
      { kind: 'timestamp', formats: ['%F', 'auto'], zone: 'Asia/Tokyo' },
    ],
    [
      t.timestamp({ notBefore: '1960-01-01', notAfter: new Date(1500) }),
      { kind: 'timestamp', formats: ['rfc3339'], notBeforeMs: Date.UTC(1960, 0), notAfterMs: 1500 },
    ],
    [
      t.timestamp({ notBefore: '2026-01-05T10:00:00.25+01:00' }),
      { kind: 'timestamp', formats: ['rfc3339'], notBeforeMs: Date.UTC(2026, 0, 5, 9) + 250 },
    ],
  ])('is plain data: %#', ({ type }, expected) => {
    expect(type).toEqual(expected)
    expect(JSON.parse(JSON.stringify(type))).toEqual(expected)
  })

  it.each<[TimestampOptions, string]>([
    [{ format: 'ISO' as 'iso' }, 'the format "ISO" is unknown'],
    [{ format: '%H:%M', zone: 'UTC' }, 'it does not say which day'],
    [{ format: '%Y-%m-%d %I', zone: 'UTC' }, '%I and %p only go together'],
    [{ format: '%Y-%m-%d %H %p', zone: 'UTC' }, '%I and %p only go together'],
    [{ format: '%s %z' }, '%s is all of an instant'],
    [{ format: '%Y-%j-%d', zone: 'UTC' }, 'it reads the day twice'],
    [{ format: '%F"', zone: 'UTC' }, 'quotes'],
    [{ format: '%F\t%T', zone: 'UTC' }, 'control characters'],
    [{ format: '%F%', zone: 'UTC' }, '% is no directive'],
    [{ format: '%F' }, 'states no zone'],
    [{ format: '%F', zone: '+01:00' }, 'is no IANA time zone'],
    [{ notAfter: '2025-02-29' }, 'notAfter'],
    [{ notAfter: new Date(Number.NaN) }, 'notAfter'],
  ])('refuses %j', (options, message) => {
    expect(() => t.timestamp(options)).toThrow(message)
  })
})
