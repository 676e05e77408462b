import { BACKSLASH, QUOTE } from './json-scanner.ts'

/** What a backslash and this byte stand for. */
const SIMPLE_ESCAPES = new Uint8Array(128)
for (const [letter, meaning] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})) {
  SIMPLE_ESCAPES[letter.charCodeAt(0)] = meaning.charCodeAt(0)
}

/**
 * Writes the characters of a string as UTF-8 to `target` from `to` on.
 *
 * @param from the byte behind the opening quote; `end` the closing quote, as `skipString` found it
 * @param target with room for `end - from` bytes: what an escape stands for is never longer than the escape
 * @returns the position behind what was written, or −1 for a surrogate without its partner, which UTF-8 cannot hold
 */
export function unescapeInto(
  target: Uint8Array,
  to: number,
  bytes: Uint8Array,
  from: number,
  end: number,
): number {
  let i = from
  let out = to
  while (i < end) {
    const c = bytes[i]!
    if (c !== BACKSLASH) {
      target[out++] = c
      i++
      continue
    }
    const letter = bytes[i + 1]!
    if (letter !== 0x75) {
      target[out++] = SIMPLE_ESCAPES[letter]!
      i += 2
      continue
    }
    const point = codePointAt(bytes, i, end)
    if (point < 0) return -1
    i += point > 0xffff ? 12 : 6
    out = writeCodePoint(target, out, point)
  }
  return out
}

/** The characters of the string whose opening quote is at `at`, followed by a quote; `undefined` as −1 above. */
export function unescapeString(bytes: Uint8Array, at: number, next: number): Uint8Array | undefined {
  const text = new Uint8Array(next - at - 1)
  const end = unescapeInto(text, 0, bytes, at + 1, next - 1)
  if (end < 0) return undefined
  text[end] = QUOTE
  return text.subarray(0, end + 1)
}

export function hasEscape(bytes: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (bytes[i] === BACKSLASH) return true
  return false
}

function codePointAt(bytes: Uint8Array, at: number, end: number): number {
  const unit = hexUnit(bytes, at + 2)
  if (unit < 0xd800 || unit > 0xdfff) return unit
  if (unit > 0xdbff || at + 12 > end || bytes[at + 6] !== BACKSLASH || bytes[at + 7] !== 0x75) return -1
  const low = hexUnit(bytes, at + 8)
  if (low < 0xdc00 || low > 0xdfff) return -1
  return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
}

function hexUnit(bytes: Uint8Array, at: number): number {
  let unit = 0
  // The lower four bits of a letter are its value less 9; `skipString` has made sure that they are hex digits.
  for (let i = at; i < at + 4; i++) unit = (unit << 4) | ((bytes[i]! & 15) + (bytes[i]! > 0x39 ? 9 : 0))
  return unit
}

function writeCodePoint(target: Uint8Array, to: number, point: number): number {
  let out = to
  if (point < 0x80) target[out++] = point
  else if (point < 0x800) target[out++] = 0xc0 | (point >> 6)
  else if (point < 0x10000) target[out++] = 0xe0 | (point >> 12)
  else target[out++] = 0xf0 | (point >> 18)
  if (point >= 0x10000) target[out++] = 0x80 | ((point >> 12) & 63)
  if (point >= 0x800) target[out++] = 0x80 | ((point >> 6) & 63)
  if (point >= 0x80) target[out++] = 0x80 | (point & 63)
  return out
}
