import fc from 'fast-check'
import type { RecordEnvelope } from '../../core/model/record.ts'
import type { Event } from './expression.ts'
import { eventJson } from './world.ts'

/** A record to be produced: its bytes, and what the decoder must make of them; `undefined` for one it must refuse. */
export interface Draft {
  readonly event: Event | undefined
  readonly value: Uint8Array | null
  /** What stands around the value; by default what the log makes up. */
  readonly envelope?: Partial<RecordEnvelope>
  /** Columns whose values are the record's own place in the log. */
  readonly ofPlace?: (partition: number, offset: number) => Event
  /** The events that it holds, where records hold several; each is a draft of its own. */
  readonly parts?: readonly Draft[]
  /** The stream leaves it out, and nothing is wrong with it. */
  readonly isIgnored?: boolean
}

const HOUR_US = 3_600_000_000n
/** Half an hour before a leap day ends. */
const NOON_US = BigInt(Date.UTC(2024, 1, 29, 23, 30)) * 1000n

/** Mostly around one moment, so that buckets are shared; some late by years, some before 1970 or far ahead. */
const instant = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: NOON_US - 2n * HOUR_US, max: NOON_US + 2n * HOUR_US }) },
  {
    weight: 1,
    arbitrary: fc.bigInt({ min: BigInt(Date.UTC(1901, 0)) * 1000n, max: BigInt(Date.UTC(2299, 0)) * 1000n }),
  },
  { weight: 1, arbitrary: fc.constantFrom(NOON_US, 0n, -1n, -60_000_000n) },
)

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 6 })

const event: fc.Arbitrary<Event> = fc.record({
  ts: instant,
  k: optional(fc.constantFrom('1', '2', '10', '', 'x', 'Zürich', '𝄞 日本')),
  n: optional(
    fc.oneof(
      { weight: 6, arbitrary: fc.bigInt({ min: -5n, max: 300n }) },
      { weight: 1, arbitrary: fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n) },
    ),
  ),
  d: optional(
    fc.oneof(
      { weight: 6, arbitrary: fc.bigInt({ min: -50_000n, max: 50_000n }) },
      { weight: 1, arbitrary: fc.bigInt({ min: 1n - 10n ** 18n, max: 10n ** 18n - 1n }) },
    ),
  ),
  x: optional(
    fc.oneof(
      fc.constantFrom(0, 0.1, 0.2, -0.3, 1e-9, 1e15, -1e15),
      fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(x => (Math.abs(x) < 1e-300 ? 0 : x)),
    ),
  ),
  b: optional(fc.boolean()),
})

/** Bytes that are no event of the stream, each for another reason. */
const REFUSED: readonly (string | null)[] = [
  null,
  '',
  'not json',
  '[1]',
  '{}',
  '{"ts":null}',
  '{"ts":"2024-01-01T00:00:00Z"}',
  '{"ts":9999999999999999999}',
  '{"ts":1,"n":1.5}',
  '{"ts":1,"n":9223372036854775808}',
  '{"ts":1,"d":0.001}',
  '{"ts":1,"x":1e999}',
  '{"ts":1,"k":5}',
  '{"ts":1,"b":"true"}',
  '{"ts":1,"k":"a","k":"b"}',
]

/** A record, one in eight of them bad. */
export const draft: fc.Arbitrary<Draft> = fc.oneof(
  {
    weight: 7,
    arbitrary: event.map(event => ({ event, value: Buffer.from(eventJson(event)) })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...REFUSED)
      .map(text => ({ event: undefined, value: text === null ? null : Buffer.from(text) })),
  },
)
