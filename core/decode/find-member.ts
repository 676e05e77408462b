import { type ByteStringIndex, startsWith } from './byte-string-index.ts'
import { CLOSE_BRACE, OPEN_BRACE, QUOTE, skipName, skipSpace, skipString, skipValue } from './json-scanner.ts'
import { hasEscape, unescapeString } from './json-string.ts'

/**
 * Where the value of the member `key` stands in the object at `at`, of which it is known that it is JSON; −1 where what
 * stands there is no object, or has none of that name. Of several the first counts.
 */
export function findMember(bytes: Uint8Array, at: number, key: Uint8Array): number {
  if (bytes[at] !== OPEN_BRACE) return -1
  let i = skipSpace(bytes, at + 1)
  while (bytes[i] !== CLOSE_BRACE) {
    const value = skipName(bytes, i)
    if (isString(bytes, i, key)) return value
    i = skipSpace(bytes, skipValue(bytes, value, 0))
    if (bytes[i] !== CLOSE_BRACE) i = skipSpace(bytes, i + 1)
  }
  return -1
}

/** Which of the texts the value at `at` is: a string's characters, or a number or word as it is written; −1 for none. */
export function indexOfText(texts: ByteStringIndex, bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE) return texts.find(bytes, at, skipValue(bytes, at, 0))
  const next = skipString(bytes, at)
  if (!hasEscape(bytes, at + 1, next)) return texts.find(bytes, at + 1, next - 1)
  const characters = unescapeString(bytes, at, next)
  return characters === undefined ? -1 : texts.find(characters, 0, characters.length - 1)
}

function isString(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  const next = skipString(bytes, at)
  if (!hasEscape(bytes, at + 1, next)) return next - at - 2 === text.length && startsWith(bytes, at + 1, text)
  const characters = unescapeString(bytes, at, next)
  return characters !== undefined && characters.length - 1 === text.length && startsWith(characters, 0, text)
}
