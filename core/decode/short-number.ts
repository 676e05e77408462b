import { DOT, MINUS, NINE, ZERO } from './json-scanner.ts'

/** Powers of ten that a double holds exactly. */
export const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, k) => Number(`1e${k}`))

/** Nine digits fit 31 bits, where arithmetic is cheapest; fifteen fit a double exactly. */
const FIRST_DIGITS = 9
const MAX_DIGITS = 15

/**
 * Reads the numbers that events are full of: at most 15 digits, no exponent. The value is
 * ±`digits` / 10^`fractionDigits`, exactly. One reader is used over and over.
 */
export class ShortNumber {
  negative = false
  digits = 0
  fractionDigits = 0

  /** @returns the position behind the number, or −1 where no such number stands: it may still be a longer one */
  read(bytes: Uint8Array, at: number): number {
    let i = at
    const negative = bytes[i] === MINUS
    if (negative) i++
    const first = i
    let digits = 0
    let c = bytes[i]!
    const firstLimit = first + FIRST_DIGITS
    while (c >= ZERO && c <= NINE && i < firstLimit) {
      digits = (Math.imul(digits, 10) + (c - ZERO)) | 0
      c = bytes[++i]!
    }
    if (i === first || (bytes[first] === ZERO && i > first + 1)) return -1
    let fractionDigits = 0
    if (i === firstLimit && c >= ZERO && c <= NINE) return this.#readLong(bytes, first, negative)
    if (c === DOT) {
      const point = i
      const limit = firstLimit + 1
      c = bytes[++i]!
      while (c >= ZERO && c <= NINE && i < limit) {
        digits = (Math.imul(digits, 10) + (c - ZERO)) | 0
        c = bytes[++i]!
      }
      if (i === limit && c >= ZERO && c <= NINE) return this.#readLong(bytes, first, negative)
      fractionDigits = i - point - 1
      if (fractionDigits === 0) return -1
    }
    if (c === 0x65 || c === 0x45) return -1
    this.negative = negative
    this.digits = digits
    this.fractionDigits = fractionDigits
    return i
  }

  /** Ten to fifteen digits, the first of them at `first`; `read` has seen to leading zeros. */
  #readLong(bytes: Uint8Array, first: number, negative: boolean): number {
    let digits = 0
    let count = 0
    let point = -1
    let i = first
    for (; ; i++) {
      const c = bytes[i]!
      if (c >= ZERO && c <= NINE) {
        if (++count > MAX_DIGITS) return -1
        digits = digits * 10 + (c - ZERO)
      } else if (c === DOT && point < 0) point = i
      else if (c === DOT || c === 0x65 || c === 0x45 || point === i - 1) return -1
      else break
    }
    this.negative = negative
    this.digits = digits
    this.fractionDigits = point < 0 ? 0 : i - point - 1
    return i
  }
}
