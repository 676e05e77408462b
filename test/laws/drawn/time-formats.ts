import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import type { TimeFormat, TimestampOfFormats } from '../../../core/model/column-type.ts'
import { decimalText } from '../exact.ts'
import type { Knowledge, Written } from './column-type.ts'
import { instantUs } from './instant.ts'

/** Timestamps that may be written in several formats: each format stands in one of them at least. */
export const timestampOfFormats: fc.Arbitrary<TimestampOfFormats> = fc.constantFrom<TimestampOfFormats>(
  { kind: 'timestamp', formats: ['iso'], zone: 'Europe/Berlin' },
  { kind: 'timestamp', formats: ['auto'], zone: 'America/New_York' },
  { kind: 'timestamp', formats: ['%d/%m/%Y %H:%M:%S.%f', 'rfc3339'], zone: 'Australia/Lord_Howe' },
  { kind: 'timestamp', formats: ['ns', 'rfc1123'] },
  { kind: 'timestamp', formats: ['mongo', 's'] },
  { kind: 'timestamp', formats: ['ms'] },
  { kind: 'timestamp', formats: ['us', '%b %e %Y %I:%M:%S %p %z'] },
)

/** The ways to write an instant in these formats, a default, and what is none; by Temporal, not by the decoder. */
export function writtenInFormats(
  type: TimestampOfFormats,
): Pick<Knowledge, 'written' | 'standIn' | 'refused'> {
  const writers = type.formats.flatMap(format => WRITERS[format]!)
  const written = instantUs.chain(us =>
    fc.constantFrom(...writers).map(write => write(us, type.zone ?? 'UTC')),
  )
  const first = writers[0]!(STAND_IN_US, type.zone ?? 'UTC')
  const declared = first.json.startsWith('{') ? '1709164800' : (JSON.parse(first.json) as string | number)
  return {
    written,
    standIn: { declared, value: first.value },
    refused: ['true', '[]', '"yesterday"', '{"$date": null}', '""', '"2025-02-29T00:00:00Z"', '1e30'],
  }
}

const STAND_IN_US = 1_709_164_800_000_000n

type Writer = (us: bigint, zone: string) => Written

/** An instant rounded down to whole seconds. */
const toSecond = (us: bigint) => us - modulo(us, 1_000_000n)

/** What the wall clock of the zone shows, read back with Temporal's rule for times that it shows twice. */
function onWallClock(
  us: bigint,
  zone: string,
): { readonly clock: Temporal.PlainDateTime; readonly value: bigint } {
  const clock = new Temporal.ZonedDateTime(us * 1000n, zone).toPlainDateTime()
  const nanoseconds = clock.toZonedDateTime(zone, { disambiguation: 'compatible' }).epochNanoseconds
  return {
    clock,
    value: BigInt(nanoseconds.toString()) / 1000n - (BigInt(nanoseconds.toString()) % 1000n < 0n ? 1n : 0n),
  }
}

const isoLocal =
  (digits: number, change: (text: string) => string): Writer =>
  (us, zone) => {
    const { clock, value } = onWallClock(digits === 0 ? toSecond(us) : us, zone)
    return {
      value,
      json: JSON.stringify(change(clock.toString({ fractionalSecondDigits: digits as 0 | 6 | 9 }))),
    }
  }

const isoAt =
  (offset: string, written = offset): Writer =>
  us => {
    const text = new Temporal.ZonedDateTime(us * 1000n, offset)
      .toPlainDateTime()
      .toString({ fractionalSecondDigits: 6 })
    return { value: us, json: `"${text}${written}"` }
  }

/** A number of a unit, as a number or a text, and with what is finer than a microsecond. */
const epoch = (scale: number): Writer[] => {
  const text = (us: bigint) => decimalText(us, scale)
  return [
    us => ({ value: us, json: text(us) }),
    us => ({ value: us, json: `"${text(us)}"` }),
    // Half a microsecond more is still the same microsecond.
    us => ({ value: us, json: `"${decimalText(us * 10n + 5n, scale + 1)}"` }),
  ]
}

/** A number of few digits says nothing of its unit: such an instant is written otherwise. */
const tellingUnit =
  (write: Writer): Writer =>
  (us, zone) =>
    us > -TELLING_US && us < TELLING_US ? isoAt('UTC', 'Z')(us, zone) : write(us, zone)

const TELLING_US = 10n ** 14n

const nanoseconds: Writer[] = [
  us => ({ value: us, json: `${us * 1000n}` }),
  us => ({ value: us, json: `"${us * 1000n + 999n}"` }),
]

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')

const rfc1123: Writer = us => {
  const value = toSecond(us)
  const { day, dayOfWeek, month, year, hour, minute, second } = onWallClock(value, 'UTC').clock
  const date = `${DAYS[dayOfWeek - 1]}, ${two(day)} ${MONTHS[month - 1]} ${year}`
  return { value, json: `"${date} ${two(hour)}:${two(minute)}:${two(second)} GMT"` }
}

const dayFirst: Writer = (us, zone) => {
  const { clock, value } = onWallClock(us, zone)
  const { day, month, year, hour, minute, second } = clock
  const fraction = String(modulo(us, 1_000_000n)).padStart(6, '0')
  return {
    value,
    json: `"${two(day)}/${two(month)}/${year} ${two(hour)}:${two(minute)}:${two(second)}.${fraction}"`,
  }
}

const twelveHours: Writer = us => {
  const value = toSecond(us)
  const { day, month, year, hour, minute, second } = onWallClock(value, '+03:00').clock
  const time = `${((hour + 11) % 12) + 1}:${two(minute)}:${two(second)} ${hour < 12 ? 'AM' : 'pm'}`
  return { value, json: `"${MONTHS[month - 1]} ${String(day).padStart(2, ' ')} ${year} ${time} +0300"` }
}

const iso: Writer[] = [
  isoLocal(6, text => text),
  isoLocal(0, text => text.replace('T', ' ')),
  isoLocal(9, text => text.replace('.', ',')),
  isoAt('+05:30', '+0530'),
  isoAt('-08:00', '-08'),
  isoAt('UTC', ' UTC'),
]

const WRITERS: { readonly [F in TimeFormat]?: Writer[] } = {
  iso,
  rfc3339: [isoAt('UTC', 'Z'), isoAt('+05:30')],
  rfc1123: [rfc1123],
  mongo: [
    us => ({ value: us, json: `{"$date": ${isoAt('UTC', 'Z')(us, 'UTC').json}}` }),
    us => ({ value: us, json: `{"$date": {"$numberLong": "${decimalText(us, 3)}"}}` }),
  ],
  auto: [...iso, rfc1123, ...epoch(6).map(tellingUnit)],
  s: epoch(6),
  ms: epoch(3),
  us: epoch(0),
  ns: nanoseconds,
  '%d/%m/%Y %H:%M:%S.%f': [dayFirst],
  '%b %e %Y %I:%M:%S %p %z': [twelveHours],
}

function modulo(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b
}
