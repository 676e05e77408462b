import type { QuarantineReason } from '../../../core/model/verdict.ts'
import { unscaled } from '../../laws/exact.ts'
import type { Event } from '../../laws/expression.ts'
import { eventJson } from '../../laws/world.ts'
import type { Random } from '../../simulation/random.ts'

/** A header of a record to be produced. */
export interface LoadHeader {
  readonly name: string
  readonly value: string | null
}

/** A record to be produced. */
export interface LoadRecord {
  readonly partition: number
  readonly key: string | null
  /** A name may repeat. */
  readonly headers: readonly LoadHeader[]
  readonly timestampMs: number
  /** Text, for all of it is; `null` is a tombstone. */
  readonly value: string | null
  /** Why the decoder must refuse it; `null` where it is an event. */
  readonly reason: QuarantineReason | null
}

const MALFORMED: readonly (readonly [value: string | null, reason: QuarantineReason])[] = [
  [null, 'tombstone'],
  ['', 'invalid_json'],
  ['not json', 'invalid_json'],
  ['[1]', 'invalid_json'],
  ['{}', 'missing_field'],
  ['{"ts":null}', 'missing_field'],
  ['{"ts":"2024-01-01T00:00:00Z"}', 'wrong_type'],
  ['{"ts":1,"n":9223372036854775808}', 'out_of_range'],
  ['{"ts":1,"k":5}', 'wrong_type'],
  ['{"ts":1,"k":"a","k":"b"}', 'duplicate_key'],
]

const KEYS = [null, '', 'k', 'ключ']
const HEADERS: readonly (readonly LoadHeader[])[] = [
  [],
  [{ name: 'trace', value: '00-4bf9' }],
  [
    { name: 'hop', value: 'a' },
    { name: 'hop', value: '' },
  ],
]
/** Records are not younger than those before them. */
const AGE_AT_MOST_MS = 60_000

const NOON_US = BigInt(Date.UTC(2024, 1, 29, 12)) * 1000n
const MINUTE_US = 60_000_000n
const YEAR_US = 366n * 1440n * MINUTE_US

/** When clocks are set forth or back in zones that fault 25 puts layers in: Auckland, Lord Howe (by half an hour), New York. */
const CLOCK_CHANGES_US = [
  '2024-04-06T14:00Z',
  '2024-09-28T14:00Z',
  '2024-04-06T15:00Z',
  '2024-10-05T15:30Z',
  '2024-03-10T07:00Z',
  '2024-11-03T06:00Z',
].map(time => BigInt(Date.parse(time)) * 1000n)

/**
 * Draws a record: most are events of one hot key, some are late by a year, some fall
 * where clocks change, some are filtered by the view `strict`, on
 * some its expressions fail, and some are no events. The first partition gets more than the others.
 */
export function drawRecord(random: Random, partitions: readonly number[]): LoadRecord {
  const around = {
    partition: random.chance(20) ? partitions[0]! : random.pick(partitions),
    key: random.pick(KEYS),
    headers: random.pick(HEADERS),
    timestampMs: Date.now() - random.between(0, AGE_AT_MOST_MS),
  }
  if (random.chance(6)) {
    const [value, reason] = random.pick(MALFORMED)
    return { ...around, value, reason }
  }
  return { ...around, value: eventJson(drawEvent(random)), reason: null }
}

function drawEvent(random: Random): Event {
  const event = {
    ts: NOON_US + BigInt(random.between(0, 9)) * MINUTE_US + BigInt(random.between(0, 59_999_999)),
    k: random.chance(60) ? '1' : random.pick(['2', '3', '10']),
    n: BigInt(random.between(1, 300)),
    d: BigInt(random.between(-50_000, 50_000)),
    x: random.pick([null, 0, 0.1, -0.3, 1e6]),
    b: random.pick([true, false, null]),
  }
  if (random.chance(5)) return { ...event, ts: event.ts - YEAR_US }
  if (random.chance(4)) {
    const aroundMinutes = BigInt(random.between(-2, 1)) * 30n
    return { ...event, ts: random.pick(CLOCK_CHANGES_US) + aroundMinutes * MINUTE_US }
  }
  if (random.chance(8)) return { ...event, n: random.pick([0n, -5n, null]) }
  if (random.chance(6)) return { ...event, k: 'x' }
  return event
}

/** The event that a text of `drawRecord` tells. */
export function eventOf(text: string): Event {
  const members = JSON.parse(text) as Record<string, string | number | boolean | undefined>
  const { ts, k = null, n, d, x = null, b = null } = members
  return {
    ts: BigInt(ts as number),
    k,
    n: n === undefined ? null : BigInt(n as number),
    d: d === undefined ? null : unscaled((d as number).toFixed(2), 2),
    x,
    b,
  }
}
