/**
 * Walks over JSON (RFC 8259) in UTF-8 bytes without building anything.
 *
 * Each function takes the position where its token starts and answers with the position behind it, or with
 * `~at`, a negative number, where `at` is the byte at which the text stops being JSON. The bytes are those of an
 * EventText: behind the end stand zeros, which no token contains, so nothing has to look for the end.
 */

/** Levels of objects and arrays that an event may have; the event itself is the first. */
export const MAX_DEPTH = 64
/** Stands where `~at` would, where the nesting passes MAX_DEPTH. */
export const TOO_DEEP = -0x80000000

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const MINUS = 0x2d
export const DOT = 0x2e
export const ZERO = 0x30
export const NINE = 0x39
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const SPACE = 0x20
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d

/** What a byte is inside a string: 0 stands for itself, alone; all else needs a second look. */
const NEEDS_A_LOOK = new Uint8Array(256)
NEEDS_A_LOOK.fill(1, 0, 0x20)
NEEDS_A_LOOK.fill(1, 0x80)
NEEDS_A_LOOK[QUOTE] = 1
NEEDS_A_LOOK[BACKSLASH] = 1

export function skipSpace(bytes: Uint8Array, at: number): number {
  let i = at
  for (;;) {
    const c = bytes[i]
    if (c !== SPACE && c !== 0x0a && c !== 0x0d && c !== 0x09) return i
    i++
  }
}

/** Skips the string whose opening quote is at `at`. What it passes is well-formed UTF-8. */
export function skipString(bytes: Uint8Array, at: number): number {
  let i = at + 1
  for (;;) {
    const c = bytes[i]!
    if (NEEDS_A_LOOK[c] === 0) i++
    else if (c === QUOTE) return i + 1
    else {
      const next = c === BACKSLASH ? skipEscape(bytes, i) : skipMultiByte(bytes, i, c)
      if (next < 0) return next
      i = next
    }
  }
}

function skipEscape(bytes: Uint8Array, at: number): number {
  switch (bytes[at + 1]) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 2
    case 0x75: // u
      for (let i = at + 2; i < at + 6; i++) if (!isHexDigit(bytes[i]!)) return ~i
      return at + 6
    default:
      return ~at
  }
}

function isHexDigit(c: number): boolean {
  return (c >= ZERO && c <= NINE) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66)
}

/**
 * Skips one character of two to four bytes by table 3-7 of the Unicode standard: no overlong form, no surrogate,
 * nothing beyond U+10FFFF. Control characters come here too, and are refused.
 */
function skipMultiByte(bytes: Uint8Array, at: number, lead: number): number {
  if (lead < 0xc2 || lead > 0xf4) return ~at
  const second = bytes[at + 1]!
  if (lead < 0xe0) return isContinuation(second) ? at + 2 : ~at
  if (!isContinuation(second) || !isContinuation(bytes[at + 2]!)) return ~at
  if (lead < 0xf0) {
    if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return ~at
    return at + 3
  }
  if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return ~at
  return isContinuation(bytes[at + 3]!) ? at + 4 : ~at
}

function isContinuation(c: number): boolean {
  return (c & 0xc0) === 0x80
}

function skipDigits(bytes: Uint8Array, at: number): number {
  let i = at
  for (;;) {
    const c = bytes[i]!
    if (!(c >= ZERO && c <= NINE)) return i
    i++
  }
}

export function skipNumber(bytes: Uint8Array, at: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at
  let i = skipDigits(bytes, first)
  // A leading zero stands alone.
  if (i === first || (bytes[first] === ZERO && i > first + 1)) return ~first
  if (bytes[i] === DOT) {
    const next = skipDigits(bytes, i + 1)
    if (next === i + 1) return ~next
    i = next
  }
  if (bytes[i] === 0x65 || bytes[i] === 0x45) {
    const sign = bytes[i + 1]
    const digits = sign === MINUS || sign === 0x2b ? i + 2 : i + 1
    const next = skipDigits(bytes, digits)
    if (next === digits) return ~next
    i = next
  }
  return i
}

const TRUE = Uint8Array.from([0x74, 0x72, 0x75, 0x65])
const FALSE = Uint8Array.from([0x66, 0x61, 0x6c, 0x73, 0x65])
const NULL = Uint8Array.from([0x6e, 0x75, 0x6c, 0x6c])

function skipLiteral(bytes: Uint8Array, at: number, literal: Uint8Array): number {
  for (let k = 1; k < literal.length; k++) if (bytes[at + k] !== literal[k]) return ~at
  return at + literal.length
}

export const skipTrue = (bytes: Uint8Array, at: number): number => skipLiteral(bytes, at, TRUE)
export const skipFalse = (bytes: Uint8Array, at: number): number => skipLiteral(bytes, at, FALSE)
export const skipNull = (bytes: Uint8Array, at: number): number => skipLiteral(bytes, at, NULL)

/** Skips the string that is a member's name, the colon, and the space around them. */
export function skipName(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return ~at
  const name = skipString(bytes, at)
  if (name < 0) return name
  const colon = skipSpace(bytes, name)
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : ~colon
}

/** Of each open container: whether it is an object. One suffices: nothing is called between its uses. */
const openObjects = new Uint8Array(MAX_DEPTH)

/**
 * Skips any value, at `at` exactly. Iterative, so that no nesting exhausts the stack.
 *
 * @param depth the number of containers around the value
 */
export function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  let level = depth
  let i = at
  for (;;) {
    const c = bytes[i]
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (level === MAX_DEPTH) return TOO_DEEP
      const isObject = c === OPEN_BRACE
      openObjects[level++] = isObject ? 1 : 0
      i = skipSpace(bytes, i + 1)
      if (bytes[i] !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (isObject && (i = skipName(bytes, i)) < 0) return i
        continue
      }
    } else {
      i = skipScalar(bytes, i, c)
      if (i < 0) return i
      if (level === depth) return i
      i = skipSpace(bytes, i)
    }
    // A value has ended, or stands at the bracket that ends it: close what closes here, go on behind a comma.
    for (;;) {
      const isObject = openObjects[level - 1] === 1
      if (bytes[i] === COMMA) {
        i = skipSpace(bytes, i + 1)
        if (isObject && (i = skipName(bytes, i)) < 0) return i
        break
      }
      if (bytes[i] !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return ~i
      i++
      if (--level === depth) return i
      i = skipSpace(bytes, i)
    }
  }
}

function skipScalar(bytes: Uint8Array, at: number, first: number | undefined): number {
  switch (first) {
    case QUOTE:
      return skipString(bytes, at)
    case 0x74:
      return skipTrue(bytes, at)
    case 0x66:
      return skipFalse(bytes, at)
    case 0x6e:
      return skipNull(bytes, at)
    default:
      return skipNumber(bytes, at)
  }
}
