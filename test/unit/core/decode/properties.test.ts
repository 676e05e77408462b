import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { type ColumnType, TIMESTAMP_END_US, TIMESTAMP_MIN_US } from '../../../../core/model/column-type.ts'
import type { QuarantineReason } from '../../../../core/model/verdict.ts'
import { type Cell, columnOf, decodeValues, outcomeOf, recordOf, rowOf, streamOf } from './support.ts'

/** A value, and its JSON in some spelling. */
type Spelt = readonly [value: Cell, json: string]

/** Writes a string with some of its characters as escapes, as `choices` say. */
function spellString(text: string, choices: readonly number[]): string {
  const units = Array.from({ length: text.length }, (_, k) => text.charCodeAt(k))
  const parts = units.map((unit, k) => {
    const choice = choices[k % choices.length] ?? 0
    // Half a pair cannot stand for itself.
    const isPart = unit >= 0xd800 && unit <= 0xdfff
    if (choice === 0 || (isPart && choices.length > 1)) return `\\u${unit.toString(16).padStart(4, '0')}`
    if (choice === 1 && unit === 0x2f) return '\\/'
    return isPart ? String.fromCharCode(unit) : JSON.stringify(String.fromCharCode(unit)).slice(1, -1)
  })
  return `"${parts.join('')}"`
}

/** ±digits × 10^−scale, spelt with and without an exponent, trailing zeros, a point further left or right. */
function spellDecimal(unscaled: bigint, scale: number, shift: number, zeros: number, mark: string): string {
  const magnitude = (unscaled < 0n ? -unscaled : unscaled).toString()
  const sign = unscaled < 0n ? '-' : ''
  const fractionDigits = Math.max(0, scale + shift)
  const exponent = fractionDigits - scale
  const padded = magnitude.padStart(fractionDigits + 1, '0')
  const whole = padded.slice(0, padded.length - fractionDigits)
  const fraction = padded.slice(padded.length - fractionDigits) + '0'.repeat(zeros)
  const power = exponent === 0 && mark === '' ? '' : `${mark === '' ? 'e' : mark}${exponent}`
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}${power}`
}

const choices = fc.array(fc.nat(2), { minLength: 1, maxLength: 5 })
const spacing = fc.stringMatching(/^[ \t\r\n]{0,3}$/)

function decimals(bits: bigint, scale: number, signed: boolean): fc.Arbitrary<Spelt> {
  return fc
    .tuple(
      fc.bigInt({ min: signed ? -bits : 0n, max: bits }),
      fc.integer({ min: -40, max: 40 }),
      fc.nat(3),
      fc.constantFrom('', 'e', 'E', 'E+0'),
      fc.boolean(),
    )
    .map(([value, shift, zeros, mark, quoted]) => {
      const plain = spellDecimal(value, scale, mark === '' ? 0 : shift, zeros, mark.slice(0, 1))
      return [value, quoted ? `"${plain}"` : plain] as const
    })
}

const DAY_MS = 86_400_000
const MIN_MS = TIMESTAMP_MIN_US / 1000
const END_MS = TIMESTAMP_END_US / 1000

const rfc3339 = fc
  .tuple(
    fc.integer({ min: MIN_MS / 1000, max: END_MS / 1000 - 1 }),
    fc.stringMatching(/^[0-9]{0,9}$/),
    fc.integer({ min: -1439, max: 1439 }),
    fc.constantFrom('T', 't', ' '),
  )
  .map(([seconds, fraction, offset, separator]): Spelt => {
    const local = new Date((seconds + offset * 60) * 1000).toISOString()
    const minutes = Math.abs(offset)
    const hhmm = [Math.floor(minutes / 60), minutes % 60].map(part => String(part).padStart(2, '0')).join(':')
    const zone = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${hhmm}`
    const text = local.slice(0, 19).replace('T', separator) + (fraction && `.${fraction}`) + zone
    return [BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0').slice(0, 6)), JSON.stringify(text)]
  })

/** Instants of each second as a pattern, RFC 1123, numbers of any unit and Extended JSON write them. */
const anyTime = fc
  .tuple(
    fc.integer({ min: Date.UTC(2001, 0) / 1000, max: Date.UTC(2199, 0) / 1000 }),
    fc.nat(6),
    fc.nat(999),
    choices,
  )
  .map(([seconds, form, rest, how]): Spelt => {
    const [date, time] = new Date(seconds * 1000).toISOString().slice(0, 19).split('T') as [string, string]
    const [year, month, day] = date.split('-')
    const texts = [
      `${day}.${month}.${year} ${time}`,
      new Date(seconds * 1000).toUTCString(),
      `${seconds}`,
      `${seconds}000000.${rest}`,
      `${date}T${time}+00`,
    ]
    const text = texts[form]
    const number = `${seconds}000000${String(rest).padStart(3, '0')}`
    const json =
      text === undefined ? (form === 5 ? number : `{ "$date":"${date}T${time}Z"}`) : spellString(text, how)
    return [BigInt(seconds) * 1_000_000n, json]
  })

const COLUMNS: readonly (readonly [name: string, type: ColumnType, values: fc.Arbitrary<Spelt>])[] = [
  [
    'text',
    { kind: 'string' },
    fc.tuple(fc.string({ unit: 'binary' }), choices).map(([value, how]) => [value, spellString(value, how)]),
  ],
  ['flag', { kind: 'bool' }, fc.boolean().map(value => [value, String(value)])],
  ['small', { kind: 'int32' }, fc.integer().map(value => [BigInt(value), String(value)])],
  ['big', { kind: 'int64' }, decimals(2n ** 63n - 1n, 0, true)],
  ['id', { kind: 'uint64' }, decimals(2n ** 64n - 1n, 0, false)],
  [
    'ratio',
    { kind: 'float64' },
    fc
      .oneof(
        fc
          .double({ noNaN: true, noDefaultInfinity: true })
          .map(value => (Object.is(value, -0) ? '-0' : String(value))),
        fc.stringMatching(/^-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$/),
      )
      .map(json => [Number(json), json]),
  ],
  ['price', { kind: 'decimal', precision: 18, scale: 2 }, decimals(10n ** 18n - 1n, 2, true)],
  ['huge', { kind: 'decimal', precision: 38, scale: 10 }, decimals(10n ** 38n - 1n, 10, true)],
  ['tiny', { kind: 'decimal', precision: 4, scale: 4 }, decimals(9999n, 4, true)],
  ['at', { kind: 'timestamp', format: 'rfc3339' }, rfc3339],
  [
    'at_ms',
    { kind: 'timestamp', format: 'ms' },
    fc.integer({ min: MIN_MS, max: END_MS - 1 }).map(ms => [BigInt(ms) * 1000n, String(ms)]),
  ],
  [
    'at_us',
    { kind: 'timestamp', format: 'us' },
    fc
      .bigInt({ min: BigInt(TIMESTAMP_MIN_US), max: BigInt(TIMESTAMP_END_US) - 1n })
      .map(us => [us, String(us)]),
  ],
  ['at_any', { kind: 'timestamp', formats: ['%d.%m.%Y %T', 'auto'], zone: 'UTC' }, anyTime],
  [
    'kept',
    { kind: 'text' },
    fc.oneof(
      fc
        .tuple(fc.string({ unit: 'binary' }), choices)
        .map(([value, how]) => [value, spellString(value, how)] as const),
      fc
        .oneof(
          fc.stringMatching(/^-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,4})?$/),
          fc.constantFrom('true', 'false'),
        )
        .map(json => [json, json] as const),
    ),
  ],
  [
    'day',
    { kind: 'date' },
    fc
      .integer({ min: MIN_MS / DAY_MS, max: END_MS / DAY_MS - 1 })
      .map(day => [BigInt(day), JSON.stringify(new Date(day * DAY_MS).toISOString().slice(0, 10))]),
  ],
  [
    'uuid',
    { kind: 'uuid' },
    fc
      .tuple(fc.uuid(), fc.boolean())
      .map(([id, upper]) => [id, JSON.stringify(upper ? id.toUpperCase() : id)]),
  ],
  [
    'kind',
    { kind: 'enum', values: ['a', 'bc', '😀'] },
    fc
      .tuple(fc.constantFrom('a', 'bc', '😀'), choices)
      .map(([value, how]) => [value, spellString(value, how)]),
  ],
]

const definitions = COLUMNS.map(([name, type]) =>
  columnOf(name, type, { path: name === 'huge' ? ['in', name] : [name] }),
)

/** An event with every column in it, members in any order, unknown ones between them, spaces anywhere. */
const events = fc
  .tuple(
    fc.tuple(...COLUMNS.map(([, , values]) => values)),
    fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.jsonValue()), { maxLength: 3 }),
    fc.array(fc.nat(), { minLength: COLUMNS.length + 3, maxLength: COLUMNS.length + 3 }),
    fc.array(spacing, { minLength: 1, maxLength: 5 }),
    choices,
  )
  .map(([spelt, unknown, order, spaces, how]) => {
    const names: readonly string[] = COLUMNS.map(([name]) => name)
    let turn = 0
    const space = () => spaces[turn++ % spaces.length]!
    const member = (name: string, json: string) => `${space()}${name}${space()}:${space()}${json}${space()}`
    const members = spelt.map(([, json], k) => {
      const name = names[k]!
      const own = member(spellString(name, how), json)
      return name === 'huge' ? member('"in"', `{${own}}`) : own
    })
    for (const [name, value] of unknown) {
      if (!names.includes(name) && name !== 'in')
        members.push(member(JSON.stringify(name), JSON.stringify(value)))
    }
    const shuffled = members.map((text, k) => ({ text, rank: order[k]! })).sort((x, y) => x.rank - y.rank)
    return {
      json: `${space()}{${shuffled.map(({ text }) => text).join(',')}}${space()}`,
      cells: spelt.map(([v]) => v),
    }
  })

describe('whatever way an event is spelt', () => {
  it('its values are read exactly', () => {
    fc.assert(
      fc.property(fc.array(events, { minLength: 1, maxLength: 4 }), list => {
        const batch = decodeValues(
          definitions,
          list.map(({ json }) => json),
        )
        expect(batch.rejections).toEqual([])
        expect(list.map((_, row) => rowOf(batch, row))).toEqual(list.map(({ cells }) => cells))
      }),
      { numRuns: 400 },
    )
  })
})

/** What JSON.parse says of bytes, told in the decoder's reasons; `undefined` where they are a JSON object. */
function structureOf(bytes: Uint8Array): QuarantineReason | undefined {
  // A zero byte, and a number from 1 to 2^24 − 1.
  if (bytes.length >= 5 && bytes[0] === 0 && bytes[1] === 0 && bytes.subarray(2, 5).some(byte => byte > 0))
    return 'schema_registry'
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return 'invalid_utf8'
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'invalid_json'
  } catch {
    return 'invalid_json'
  }
}

const STRUCTURAL: readonly string[] = ['invalid_utf8', 'invalid_json', 'schema_registry']

/** An event with some of its bytes changed, removed, added or moved. */
const damaged = fc
  .tuple(
    events.map(({ json }) => Buffer.from(json)),
    fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.nat(3),
        insert: fc.oneof(
          fc.constantFrom(
            ...['"', '\\', '{', '}', '[', ']', ',', ':', '0', '.', 'e', '-', '\0', ' ', '\\u12', 'null'],
          ),
          fc.uint8Array({ maxLength: 3 }).map(bytes => Buffer.from(bytes).toString('latin1')),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([event, changes]) => {
    let bytes = event
    for (const { at, remove, insert } of changes) {
      const k = at % (bytes.length + 1)
      bytes = Buffer.concat([bytes.subarray(0, k), Buffer.from(insert, 'latin1'), bytes.subarray(k + remove)])
    }
    return bytes
  })

describe('whatever becomes of the bytes of an event', () => {
  const decoder = compileDecoder(streamOf(definitions))

  it('the decoder takes for JSON what JSON.parse does', () => {
    fc.assert(
      fc.property(damaged, bytes => {
        const rejection = decoder.decode([recordOf(bytes)]).rejections[0]
        const structure = structureOf(bytes)
        if (structure !== undefined) expect(rejection?.reason).toBe(structure)
        else expect(STRUCTURAL).not.toContain(rejection?.reason)
        expect((rejection?.detail ?? '').length).toBeLessThanOrEqual(300)
      }),
      { numRuns: 3000 },
    )
  })

  it('the verdict depends on the bytes alone, not on what was decoded before', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            damaged,
            events.map(({ json }) => Buffer.from(json)),
          ),
          { maxLength: 6 },
        ),
        list => {
          const batch = decoder.decode(list.map(bytes => recordOf(bytes)))
          const together = list.map((_, row) =>
            batch.accepted[row] === 1
              ? rowOf(batch, row)
              : batch.rejections.find(rejection => rejection.row === row)?.reason,
          )
          expect(together).toEqual(list.map(bytes => outcomeOf(definitions, bytes)))
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('any JSON at all', () => {
  it('is passed over where it is unknown', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const json = JSON.stringify({ value, a: 1, more: [value] }, undefined, indent)
        expect(outcomeOf([columnOf('a', { kind: 'int32' })], json)).toEqual([1n])
      }),
    )
  })
})
