import type { QuarantineReason } from '../../core/model/verdict.ts'
import { pick, type Random } from './random.ts'

export interface MalformedEvent {
  readonly bytes: Uint8Array
  /** What the stream's decoder says of it. */
  readonly reason: QuarantineReason
}

type Spoiler = { readonly reason: QuarantineReason; readonly spoil: (text: string) => string | Uint8Array }

/** Ways to spoil the text of a good event; none leaves a newline in it. */
const SPOILERS: readonly Spoiler[] = [
  { reason: 'invalid_json', spoil: text => text.slice(0, text.length / 2) },
  { reason: 'invalid_json', spoil: text => `[${text}]` },
  { reason: 'invalid_json', spoil: text => `${text},` },
  { reason: 'invalid_json', spoil: () => 'null' },
  { reason: 'invalid_utf8', spoil: invalidUtf8 },
  { reason: 'too_deep', spoil: text => replaceEnd(text, `,"extra":${'['.repeat(80)}${']'.repeat(80)}}`) },
  { reason: 'duplicate_key', spoil: text => replaceEnd(text, ',"country":"DE"}') },
  { reason: 'missing_field', spoil: text => text.replace('"user_id"', '"user"') },
  { reason: 'missing_field', spoil: text => text.replace(/"ts":"[^"]*"/, '"ts":null') },
  { reason: 'wrong_type', spoil: text => text.replace(/"country":"[^"]*"/, '"country":49') },
  { reason: 'wrong_type', spoil: text => text.replace(/"device":\{[^}]*\}/, '"device":"phone"') },
  { reason: 'out_of_range', spoil: text => text.replace(/"user_id":\d+/, '"user_id":18446744073709551616') },
  { reason: 'out_of_range', spoil: text => text.replace(/"user_id":\d+/, '"user_id":-1') },
  { reason: 'invalid_value', spoil: text => text.replace(/"ts":"[^"]*"/, '"ts":"yesterday"') },
  { reason: 'invalid_value', spoil: text => text.replace(/"action":"[^"]*"/, '"action":"stare"') },
  { reason: 'invalid_value', spoil: text => text.replace(/"event_id":"[^"]*"/, '"event_id":"42"') },
]

export function spoilEvent(random: Random, text: string): MalformedEvent {
  const { reason, spoil } = pick(random, SPOILERS)
  const spoilt = spoil(text)
  return { reason, bytes: typeof spoilt === 'string' ? Buffer.from(spoilt) : spoilt }
}

function replaceEnd(text: string, end: string): string {
  return text.slice(0, -1) + end
}

function invalidUtf8(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  // Inside the first string value: a byte that no UTF-8 text has.
  bytes[text.indexOf(':"') + 2] = 0xff
  return bytes
}
