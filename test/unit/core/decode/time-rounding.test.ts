import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimestampOptions } from '../../../../core/define/timestamp.ts'
import { t } from '../../../../core/define/types.ts'
import { type EpochUnit, TIMESTAMP_END_US, TIMESTAMP_MIN_US } from '../../../../core/model/column-type.ts'
import { type Cell, columnOf, outcomeOf } from './support.ts'

const MIN_US = BigInt(TIMESTAMP_MIN_US)
const END_US = BigInt(TIMESTAMP_END_US)

/** Instants in femtoseconds: around 1970, around both ends of the range, and anywhere between and beyond. */
const FEMTO = 10n ** 9n
const around = (us: bigint) => fc.bigInt({ min: us * FEMTO - 5n * FEMTO, max: us * FEMTO + 5n * FEMTO })
const anywhere = fc.bigInt({ min: (MIN_US - 10n ** 12n) * FEMTO, max: (END_US + 10n ** 12n) * FEMTO })
const instants = fc.oneof(around(0n), around(MIN_US), around(END_US), around(-1_000_000n), anywhere)

function floorDivide(a: bigint, b: bigint): bigint {
  return (a - (((a % b) + b) % b)) / b
}

/** What an instant of so many femtoseconds must come to: rounded down, and then in range or not. */
function expected(femto: bigint): Cell[] | string {
  const us = floorDivide(femto, FEMTO)
  return us >= MIN_US && us < END_US ? [us] : 'out_of_range'
}

function outcome(options: TimestampOptions, json: string): Cell[] | string {
  return outcomeOf([columnOf('ts', t.timestamp(options).type)], `{"ts":${json}}`)
}

/** ±digits with a point before the last `scale`, or with an exponent. */
function decimal(value: bigint, scale: number, power: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + power + 1, '0')
  const point = digits.length - scale - power
  const fraction = digits.slice(point)
  const whole = digits.slice(0, point).replace(/^0+(?=\d)/, '')
  return `${value < 0n ? '-' : ''}${whole}.${fraction}${power === 0 ? '' : `e${power}`}`
}

/** Digits of a unit behind the femtosecond. */
const SCALE: Readonly<Record<EpochUnit, number>> = { s: 15, ms: 12, us: 9, ns: 6 }

describe('what is finer than a microsecond is rounded down', () => {
  const units = fc.constantFrom<EpochUnit>('s', 'ms', 'us', 'ns')
  const powers = fc.constantFrom(0, 0, 1, 5, 20)

  it('in numbers and texts of each unit, with and without an exponent', () => {
    fc.assert(
      fc.property(units, instants, powers, fc.boolean(), (unit, femto, power, isText) => {
        const number = decimal(femto, SCALE[unit], power)
        const json = isText ? `"${number}"` : number
        expect([json, outcome({ format: unit }, json)]).toEqual([json, expected(femto)])
      }),
      { numRuns: 2000 },
    )
  })

  it('in texts with nine digits of a second, before 1970 too', () => {
    const nanoseconds = fc.bigInt({ min: (MIN_US - 10n ** 10n) * 1000n, max: (END_US + 10n ** 10n) * 1000n })
    const forms = fc.constantFrom<
      readonly [string, (date: string, time: string, fraction: string) => string]
    >(
      ['iso', (date, time, fraction) => `${date}T${time}.${fraction}Z`],
      [
        'iso',
        (date, time, fraction) => `${date.replaceAll('-', '')} ${time.replaceAll(':', '')},${fraction}+00`,
      ],
      ['rfc3339', (date, time, fraction) => `${date} ${time}.${fraction}+00:00`],
      ['%F %T.%f %z', (date, time, fraction) => `${date} ${time}.${fraction} +0000`],
      ['auto', (date, time, fraction) => `${date} ${time}.${fraction} UTC`],
    )
    fc.assert(
      fc.property(forms, nanoseconds, fc.constantFrom('Z', 'ejson'), ([format, write], ns, wrapping) => {
        const rest = ns - floorDivide(ns, 10n ** 9n) * 10n ** 9n
        const [date, time] = new Date(Number((ns - rest) / 10n ** 6n)).toISOString().slice(0, 19).split('T')
        const text = write(date!, time!, rest.toString().padStart(9, '0'))
        const isObject = wrapping === 'ejson' && format === 'iso' && text.includes('T')
        const json = isObject ? `{"$date":"${text}"}` : `"${text}"`
        const options: TimestampOptions = { format: (isObject ? 'mongo' : format) as 'iso' }
        expect([json, outcome(options, json)]).toEqual([json, expected(ns * 10n ** 6n)])
      }),
      { numRuns: 600 },
    )
  })

  it('and numbers of absurd size are out of range, zeros are zero', () => {
    for (const unit of ['s', 'ms', 'us', 'ns'] as const) {
      for (const json of ['1e999999999', '-1e40', `${'9'.repeat(400)}`, `"-${'9'.repeat(400)}.5"`])
        expect(outcome({ format: unit }, json)).toBe('out_of_range')
      for (const json of ['0', '-0', '-0.0', '0e99', '1e-999999999', '"0.000"'])
        expect(outcome({ format: unit }, json)).toEqual([0n])
      expect(outcome({ format: unit }, '-1e-999999999')).toEqual([-1n])
      expect(outcome({ format: unit }, `"${'0.'}${'0'.repeat(400)}1"`)).toEqual([0n])
    }
  })
})
