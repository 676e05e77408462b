import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../core/decode/compile.ts'
import { decodeEvents } from '../../core/decode/event-batch.ts'
import { e, stream as shapedStream, t } from '../../core/index.ts'
import type { FixedValues } from '../../core/model/column-batch.ts'
import { DigestSum } from '../../core/model/digest.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import type { RawRecord } from '../../core/model/record.ts'
import { QUARANTINE_REASONS, type QuarantineReason } from '../../core/model/verdict.ts'
import shop from '../../examples/shop/twofold.config.ts'
import { openEventStream } from '../../ingest/event/event-stream.ts'
import { sniffForm, splitEvents } from '../../ingest/http/split-events.ts'
import { goodClick } from '../support/shop-project.ts'
import { EVENT_CASES } from './cases/events.ts'

const stream = { ...shop.streams[0]!, maxEventBytes: 4_000 }
const decoder = compileDecoder(stream)
const ingest = openEventStream(stream)

/** What becomes of a value: an event, or the reason and the field for which it is none. */
type Verdict = 'an event' | readonly [reason: QuarantineReason, field: string | undefined]

function verdicts(
  rows: number,
  rejections: readonly { row: number; reason: QuarantineReason; field: string | undefined }[],
) {
  const found: Verdict[] = Array.from({ length: rows }, () => 'an event')
  for (const { row, reason, field } of rejections) found[row] = [reason, field]
  return found
}

/** What the speed layer and the archiver say of records with these values. */
function layersSay(values: readonly (Uint8Array | null)[]): Verdict[] {
  const records = values.map(
    (value, offset): RawRecord => ({ offset, timestampMs: 0, key: null, value, headers: [] }),
  )
  const { rejections } = decodeEvents(
    'topic',
    [{ partition: 0, start: 0, end: records.length, records }],
    decoder,
  )
  return verdicts(values.length, rejections)
}

/** What the HTTP endpoint and the import of files say of them. */
function ingestSays(values: readonly Uint8Array[]): Verdict[] {
  return verdicts(values.length, ingest.check(values).rejections)
}

const SEEDS = [Buffer.from(goodClick()), ...EVENT_CASES.map(({ bytes }) => bytes.subarray(0, 5_000))]
/** Pieces that mean something to a parser, or nearly. */
const PIECES = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '-', '.', 'e', '0', ' ', '\t', '\n', '\r', '\0'],
  ...[
    'null',
    'true',
    'NaN',
    '1e999',
    '-0',
    '\\u',
    '\\ud800',
    '\\u0000',
    '"__proto__":',
    '"ts":',
    '\ufeff',
    'é',
    '😀',
  ],
  ...['[[[[[[[[', '"a":{', '}}}}', '18446744073709551616', '0.', '//', '"2026-01-01T00:00:00Z"'],
].map(text => Buffer.from(text))

const piece = fc.oneof(
  fc.constantFrom(...PIECES),
  fc.uint8Array({ maxLength: 8 }).map(bytes => Buffer.from(bytes)),
)
const seed = fc.constantFrom(...SEEDS)

/** Bytes removed, put in, or repeated, at any place. */
const edit = fc.record({
  at: fc.nat(),
  remove: fc.nat(20),
  insert: piece,
  times: fc.integer({ min: 1, max: 200 }),
})

/** A value of a seed with a few changes. */
const mutated = fc.tuple(seed, fc.array(edit, { maxLength: 6 })).map(([start, edits]) =>
  edits.reduce((bytes, { at, remove, insert, times }) => {
    const k = at % (bytes.length + 1)
    const inserted = Buffer.concat(Array.from({ length: times }, () => insert))
    return Buffer.concat([bytes.subarray(0, k), inserted, bytes.subarray(k + remove)])
  }, start),
)
/** The beginning of one value and the end of another. */
const spliced = fc
  .tuple(mutated, mutated, fc.nat(), fc.nat())
  .map(([a, b, i, j]) => Buffer.concat([a.subarray(0, i % (a.length + 1)), b.subarray(j % (b.length + 1))]))
const value: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.json().map(text => Buffer.from(text)) },
  { weight: 4, arbitrary: mutated },
  { weight: 2, arbitrary: spliced },
)

/** Of the processor's time, of which others leave us more or less. */
const SLOWEST_MS = 1_000
const REASONS = Object.keys(QUARANTINE_REASONS)
const COLUMNS = stream.columns.map(({ name }) => name)

describe('whatever bytes come as an event', () => {
  test('the decoder raises nothing, takes no time, and says that it is an event or why not', () => {
    const seen = new Set<string>()
    const property = fc.property(fc.array(fc.option(value), { minLength: 1, maxLength: 5 }), values => {
      const before = process.cpuUsage()
      const batch = decoder.decode(values.map(bytes => ({ value: bytes })))
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(SLOWEST_MS)
      expect(batch.rows).toBe(values.length)
      expect(batch.accepted.filter(flag => flag === 1)).toHaveLength(values.length - batch.rejections.length)
      for (const { row, reason, field, detail } of batch.rejections) {
        seen.add(reason)
        expect(batch.accepted[row]).toBe(0)
        expect(REASONS).toContain(reason)
        if (field !== undefined) expect([...COLUMNS, 'device']).toContain(field)
        expect(detail).toMatch(/\S/)
        expect(detail.length).toBeLessThanOrEqual(300)
        expect(detail).not.toMatch(/\p{Surrogate}/u)
      }
      if (batch.rejections.length < values.length) seen.add('an event')
    })
    fc.assert(property, { numRuns: 1_500 })
    // Otherwise the generator would not be what it is for.
    expect([...seen].sort()).toEqual(
      ['an event', ...REASONS.filter(reason => reason !== 'expression_failed')].sort(),
    )
  })

  test('ingest and the layers say the same', () => {
    const property = fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), values => {
      const said = ingestSays(values)
      expect(said).toEqual(layersSay(values))
      expect(said).toEqual(values.flatMap(bytes => layersSay([bytes])))
    })
    fc.assert(property, { numRuns: 800 })
  })
})

describe('whatever bytes come to a stream of lists, of columns around the event, and of records of several events', () => {
  const schema = {
    ts: t.timestamp(),
    device: t.list(t.struct({ os: t.string().optional(), list: t.list(t.int32()).optional() })).optional(),
    first: t.string().path('more[0].a').optional(),
    keyed: t.int64().path('more[key=a].b').optional(),
    around: e.key(t.int64()).optional(),
  }
  const framings = [undefined, 'lines', 'array', 'batch.events'] as const
  const decoders = framings.map(records =>
    compileDecoder(
      shapedStream({ topic: 's', time: 'ts', schema, ...(records !== undefined && { records }) }),
    ),
  )
  const list = fc.constantFrom(
    ...[
      '[]',
      '[{"os":"x"},{"list":[1,2]}]',
      '[{"list":[1,"x"]}]',
      '[{"list":[[',
      '[null]',
      '[{"key":"a","b":1},{"a":"z"}]',
    ],
  )
  const shaped = fc.tuple(list, list).map(([device, more]) => Buffer.from(goodClick({ device, more })))
  const record = fc.oneof(
    value,
    shaped,
    fc.array(fc.oneof(value, shaped), { maxLength: 4 }).map(events => Buffer.from(events.join('\n'))),
    fc.array(fc.oneof(value, shaped), { maxLength: 4 }).map(events => Buffer.from(`[${events.join(',')}]`)),
    fc
      .array(shaped, { maxLength: 4 })
      .map(events => Buffer.from(`{"batch":{"events":[${events.join(',')}]}}`)),
  )

  test('each record is a row or several, each an event or not, and none is lost from the digest', () => {
    const property = fc.property(
      fc.array(fc.record({ value: fc.option(record), key: fc.option(value) }), {
        minLength: 1,
        maxLength: 5,
      }),
      drawn => {
        const records = drawn.map((some, offset) => ({ offset, timestampMs: 0, headers: [], ...some }))
        const sums = decoders.map(decoder => {
          const batch = decodeEvents('topic', [{ partition: 0, start: 0, end: 9, records }], decoder)
          const { columns, rows } = batch.columns
          const column = (name: string) => columns.find(each => each.name === name)!
          const accepted = (column('__accepted').values as FixedValues).data.subarray(0, rows)
          for (const { row, reason, detail } of batch.rejections) {
            expect(accepted[row]).toBe(0)
            expect(REASONS).toContain(reason)
            expect(detail.length).toBeLessThanOrEqual(300)
          }
          expect(new Set(batch.records).size).toBe(records.length)
          const sum = new DigestSum()
          sum.addAll(column('__hash').values as FixedValues)
          return sum.value()
        })
        expect(new Set(sums).size).toBe(1)
      },
    )
    fc.assert(property, { numRuns: 600 })
  })
})

describe('whatever bytes come as times, texts and older names', () => {
  const columns = {
    ts: t.timestamp({ format: ['%d/%b/%Y:%T %z', 'auto'], zone: 'Europe/Berlin' }),
    kept: t.text().alias('was', 'in.was').optional(),
  }
  const times = compileDecoder(shapedStream({ topic: 'times', time: 'ts', schema: columns }))
  const seeds = [
    '"05/Jan/2026:10:00:00 +0100"',
    '"2026-03-29 02:30:00,123456789"',
    '"Mon, 05 Jan 2026 10:00:00 GMT (x)"',
    '{"$date": {"$numberLong": "-1767607200000"}}',
    '-1767607200.123456e3',
  ].map(ts => Buffer.from(`{"was":1.50,"ts":${ts},"kept":null,"in":{"was":true}}`))
  const changed = fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 3 }))
    .map(([start, edits]) =>
      edits.reduce((bytes, { at, remove, insert }) => {
        const k = at % (bytes.length + 1)
        return Buffer.concat([bytes.subarray(0, k), insert, bytes.subarray(k + (remove % 4))])
      }, start),
    )

  test('the decoder raises nothing, takes JSON alone, and says the same of an event alone', () => {
    let accepted = 0
    const property = fc.property(fc.array(changed, { minLength: 1, maxLength: 4 }), values => {
      const batch = times.decode(values.map(bytes => ({ value: bytes })))
      const reasons = new Map(batch.rejections.map(({ row, reason }) => [row, reason]))
      values.forEach((bytes, row) => {
        if (!reasons.has(row)) {
          accepted++
          expect(typeof JSON.parse(bytes.toString())).toBe('object')
        }
        const [alone] = times.decode([{ value: bytes }]).rejections
        expect(alone?.reason).toBe(reasons.get(row))
        expect(alone?.detail ?? '.').toMatch(/\S/)
      })
    })
    fc.assert(property, { numRuns: 1_500 })
    expect(accepted).toBeGreaterThan(100)
  })
})

describe('whatever bytes come as a body of events', () => {
  const MAX_EVENTS = 1_000
  const body = fc.oneof(
    value,
    fc.array(value, { maxLength: 5 }).map(values => joined('[', values, ',', ']')),
    fc.array(value, { maxLength: 5 }).map(values => joined('', values, '\n', '\n')),
  )

  function joined(open: string, values: readonly Buffer[], between: string, close: string): Buffer {
    const parts = values.flatMap((bytes, index) => (index === 0 ? [bytes] : [Buffer.from(between), bytes]))
    return Buffer.concat([Buffer.from(open), ...parts, Buffer.from(close)])
  }

  /** The events of a body, or nothing where it is refused as a whole, by an error of the registry. */
  function split(bytes: Uint8Array, form: 'json' | 'lines'): Uint8Array[] | undefined {
    try {
      return splitEvents(bytes, form, MAX_EVENTS)
    } catch (error) {
      expect(error).toBeInstanceOf(TwofoldError)
      expect((error as TwofoldError).code).toMatch(/^BODY_(INVALID|TOO_LARGE)$/)
      return undefined
    }
  }

  test('it is refused as a whole, or each of its events as the layers would', () => {
    const property = fc.property(body, fc.constantFrom('json', 'lines', undefined), (bytes, asked) => {
      const form = asked ?? sniffForm(bytes)
      const events = split(bytes, form)
      if (events === undefined) return
      const said = layersSay(events)
      expect(ingestSays(events)).toEqual(said)
      if (form === 'json' && events.length > 0 && said.every(verdict => verdict === 'an event')) {
        // A byte-order mark at the front is passed over.
        const whole = JSON.parse(bytes.toString().replace(/^\uFEFF/, '')) as unknown
        expect(Array.isArray(whole) ? whole.length : 1).toBe(events.length)
      }
    })
    fc.assert(property, { numRuns: 1_000 })
  })

  test('good events among bad ones are produced as they stand, wherever that is', () => {
    const property = fc.property(fc.array(value, { maxLength: 4 }), fc.nat(4), (others, at) => {
      const lines = others.filter(bytes => !bytes.includes(0x0a))
      const good = Buffer.from(goodClick())
      lines.splice(at, 0, good)
      const events = split(joined('', lines, '\n', ''), 'lines')!
      const produced = ingest.check(events).events.map(event => Buffer.from(event.value).toString())
      expect(produced).toContain(good.toString())
    })
    fc.assert(property, { numRuns: 400 })
  })
})
