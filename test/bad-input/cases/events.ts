import type { QuarantineReason } from '../../../core/model/verdict.ts'
import { goodClick } from '../../support/shop-project.ts'

/** A value as it may come to a stream, and what every surface must say of it. */
export interface EventCase {
  readonly what: string
  readonly bytes: Buffer
  /** Why it is no event, and the field at fault where it is one; absent for what is odd, and an event all the same. */
  readonly refused?: { readonly reason: QuarantineReason; readonly field: string | null }
}

/** A click with other members. */
const click = (members: Readonly<Record<string, string>>): Buffer => Buffer.from(goodClick(members))
const levels = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

const event = (what: string, bytes: Buffer): EventCase => ({ what, bytes })

function refused(what: string, bytes: Buffer, reason: QuarantineReason, field: string | null): EventCase {
  return { what, bytes, refused: { reason, field } }
}

const MAX_EVENT_BYTES = 1_047_552
const ENVELOPE_BYTES = Buffer.byteLength(goodClick({ more: '""' }))

export const EVENT_CASES: readonly EventCase[] = [
  // No JSON object
  refused('nothing at all', Buffer.alloc(0), 'invalid_json', null),
  refused('a word', Buffer.from('hello'), 'invalid_json', null),
  refused('half an event', Buffer.from(goodClick().slice(0, 40)), 'invalid_json', null),
  refused('two events in one', Buffer.from(goodClick() + goodClick()), 'invalid_json', null),
  refused('null', Buffer.from('null'), 'invalid_json', null),
  refused('a number', Buffer.from('42'), 'invalid_json', null),
  refused('single quotes', Buffer.from("{'country':'DE'}"), 'invalid_json', null),
  refused('a comment', Buffer.from(`/* */ ${goodClick()}`), 'invalid_json', null),
  refused('a comma too many', Buffer.from(goodClick().replace(/}$/, ',}')), 'invalid_json', null),
  refused('a byte order mark', Buffer.from(`\ufeff${goodClick()}`), 'invalid_json', null),
  refused('UTF-16', Buffer.from(goodClick(), 'utf16le'), 'invalid_json', null),
  refused('XML', Buffer.from('<click country="DE"/>'), 'invalid_json', null),
  refused('CSV', Buffer.from('event_id,ts\n1,2'), 'invalid_json', null),
  refused(
    'a message of a schema registry',
    Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), Buffer.from(goodClick())]),
    'schema_registry',
    null,
  ),
  // Bytes that are no text
  refused('invalid UTF-8', Buffer.from(goodClick({ country: '"\u00ff"' }), 'latin1'), 'invalid_utf8', null),
  refused(
    'an overlong slash',
    Buffer.from(goodClick({ country: '"\u00c0\u00af"' }), 'latin1'),
    'invalid_utf8',
    null,
  ),
  refused(
    'a surrogate in UTF-8',
    Buffer.from(goodClick({ country: '"\u00ed\u00a0\u0080"' }), 'latin1'),
    'invalid_utf8',
    null,
  ),
  refused('a NUL byte in a text', click({ country: '"a\0b"' }), 'invalid_json', null),
  refused('NUL bytes alone', Buffer.alloc(100), 'invalid_json', null),
  refused('a lone surrogate', click({ country: '"\\ud800"' }), 'invalid_value', 'country'),
  event('a NUL as an escape', click({ country: '"a\\u0000b"' })),
  event('a lone surrogate where nobody looks', click({ more: '"\\ud800"' })),
  // Size and depth
  refused(
    'an event over the limit by a byte',
    click({ more: `"${'x'.repeat(MAX_EVENT_BYTES - ENVELOPE_BYTES + 1)}"` }),
    'too_large',
    null,
  ),
  event('an event as large as may be', click({ more: `"${'x'.repeat(MAX_EVENT_BYTES - ENVELOPE_BYTES)}"` })),
  refused('10,000 levels', click({ more: levels(10_000) }), 'too_deep', null),
  refused('levels that never close', Buffer.from(`{"more":${'['.repeat(100_000)}`), 'too_deep', null),
  refused('65 levels', click({ more: levels(64) }), 'too_deep', null),
  event('64 levels', click({ more: levels(63) })),
  event('10,000 members', click({ more: `{${Array.from({ length: 10_000 }, (_, k) => `"k${k}":0`)}}` })),
  // Members
  refused(
    'a missing field',
    Buffer.from(goodClick().replace('"user_id"', '"user"')),
    'missing_field',
    'user_id',
  ),
  refused('null for a required field', click({ country: 'null' }), 'missing_field', 'country'),
  refused('an empty event', Buffer.from('{}'), 'missing_field', 'event_id'),
  refused(
    'a key twice',
    Buffer.from(goodClick().replace('{', '{"country":"FR",')),
    'duplicate_key',
    'country',
  ),
  refused(
    'a key twice, once spelt with an escape',
    click({ 'countr\\u0079': '"FR"' }),
    'duplicate_key',
    'country',
  ),
  event(
    'keys of JavaScript',
    click({ __proto__x: '1', constructor: '{"prototype":{"limit":1}}', toString: '1' }),
  ),
  event('a poisoned prototype', Buffer.from(goodClick().replace('{', '{"__proto__":{"country":"XX"},'))),
  refused('a text where an object leads on', click({ device: '"linux"' }), 'wrong_type', 'device'),
  // Types
  refused('a number for a text', click({ country: '49' }), 'wrong_type', 'country'),
  refused('an object for a text', click({ country: '{"iso":"DE"}' }), 'wrong_type', 'country'),
  refused('a text for a double', click({ load_ms: '"1.5"' }), 'wrong_type', 'load_ms'),
  refused('a text for a boolean', click({ device: '{"os":"x","mobile":"true"}' }), 'wrong_type', 'mobile'),
  refused('an unknown word', click({ action: '"stare"' }), 'invalid_value', 'action'),
  refused('no UUID', click({ event_id: '"42"' }), 'invalid_value', 'event_id'),
  // Numbers
  event('an integer of 2^53 + 1', click({ user_id: '9007199254740993' })),
  event('the largest integer of 64 bits', click({ user_id: '18446744073709551615' })),
  refused('an integer beyond 64 bits', click({ user_id: '18446744073709551616' }), 'out_of_range', 'user_id'),
  refused('a million digits', click({ user_id: '9'.repeat(1_000_000) }), 'out_of_range', 'user_id'),
  refused('an exponent beyond all', click({ user_id: '1e400000000' }), 'out_of_range', 'user_id'),
  refused('a negative id', click({ user_id: '-1' }), 'out_of_range', 'user_id'),
  refused('half an id', click({ user_id: '1.5' }), 'out_of_range', 'user_id'),
  refused('a leading zero', click({ user_id: '042' }), 'invalid_json', null),
  refused('a hexadecimal number', click({ user_id: '0x2a' }), 'invalid_json', null),
  refused('NaN', click({ load_ms: 'NaN' }), 'invalid_json', null),
  refused('Infinity', click({ load_ms: '-Infinity' }), 'invalid_json', null),
  refused('a double beyond all', click({ load_ms: '1e999' }), 'not_finite', 'load_ms'),
  event('a double too small to tell from 0', click({ load_ms: '1e-999' })),
  refused('more decimals than there are', click({ amount: '1.234' }), 'out_of_range', 'amount'),
  refused('a decimal of too many digits', click({ amount: '1e17' }), 'out_of_range', 'amount'),
  refused('a comma for a point', click({ amount: '"12,5"' }), 'invalid_value', 'amount'),
  // Times
  refused('the year 9999', click({ ts: '"9999-01-01T00:00:00Z"' }), 'out_of_range', 'ts'),
  refused('a negative year', click({ ts: '"-0001-01-01T00:00:00Z"' }), 'invalid_value', 'ts'),
  refused('the year 0', click({ ts: '"0000-01-01T00:00:00Z"' }), 'out_of_range', 'ts'),
  refused('the moment before 1900', click({ ts: '"1899-12-31T23:59:59.999999Z"' }), 'out_of_range', 'ts'),
  event('the first moment of 1900', click({ ts: '"1900-01-01T00:00:00Z"' })),
  event('the last moment of 2299', click({ ts: '"2299-12-31T23:59:59.999999Z"' })),
  refused('a leap second', click({ ts: '"2016-12-31T23:59:60Z"' }), 'out_of_range', 'ts'),
  refused('a day that is none', click({ ts: '"2026-02-30T00:00:00Z"' }), 'invalid_value', 'ts'),
  refused('a time without a zone', click({ ts: '"2026-01-01T12:00:00"' }), 'invalid_value', 'ts'),
  refused('a number for a time', click({ ts: '1767225600' }), 'wrong_type', 'ts'),
  event('an event late by a year', click({ ts: '"2025-01-01T00:00:00Z"' })),
  event('an event of next year', click({ ts: '"2027-01-01T00:00:00Z"' })),
]

export const REFUSED_CASES = EVENT_CASES.filter(({ refused }) => refused !== undefined)
export const ACCEPTED_CASES = EVENT_CASES.filter(({ refused }) => refused === undefined)
