import type { EventText } from './event-text.ts'
import { DOT, NINE, ZERO } from './json-scanner.ts'
import { POWERS_OF_TEN } from './short-number.ts'

export const TWO_32 = 4_294_967_296

/** Nine digits fit 31 bits, fifteen a double exactly; no number of 64 bits has more than twenty. */
const HEAD_DIGITS = 9
const EXACT_DIGITS = 15
const MAX_DIGITS = 20

/** Reads unsigned integers of up to 64 bits, exactly, into two halves of 32 bits. One reader is used over and over. */
export class IntegerDigits {
  low = 0
  high = 0

  /**
   * @returns the position behind the digits; −1 where no plain run of digits stands, or one of more than 64 bits:
   * it may still be an integer in another spelling
   */
  read({ bytes, view }: EventText, at: number): number {
    let i = at
    let head = 0
    const firstFour = fourDigits(view.getInt32(at, true))
    if (firstFour >= 0) {
      const nextFour = fourDigits(view.getInt32(at + 4, true))
      head = nextFour < 0 ? firstFour : firstFour * 10_000 + nextFour
      i = nextFour < 0 ? at + 4 : at + 8
    }
    const headEnd = at + HEAD_DIGITS
    let c = bytes[i]!
    for (; c >= ZERO && c <= NINE && i < headEnd; c = bytes[++i]!) {
      head = (Math.imul(head, 10) + (c - ZERO)) | 0
    }
    if (i === at || (bytes[at] === ZERO && i > at + 1)) return -1
    if (c >= ZERO && c <= NINE) return this.#readLong(bytes, i, head)
    if (c === DOT || c === 0x65 || c === 0x45) return -1
    this.low = head
    this.high = 0
    return i
  }

  /** Goes on at `at`, behind the head: six more digits in a double, then at most five more in two halves. */
  #readLong(bytes: Uint8Array, at: number, head: number): number {
    const exactEnd = at + EXACT_DIGITS - HEAD_DIGITS
    const limit = at + MAX_DIGITS - HEAD_DIGITS
    let i = at
    let c = bytes[i]!
    // Up to six digits, and then up to five, stay in 31 bits by themselves.
    let middle = 0
    for (; c >= ZERO && c <= NINE && i < exactEnd; c = bytes[++i]!)
      middle = (Math.imul(middle, 10) + (c - ZERO)) | 0
    const value = head * POWERS_OF_TEN[i - at]! + middle
    let tail = 0
    const tailStart = i
    for (; c >= ZERO && c <= NINE && i < limit; c = bytes[++i]!) tail = (Math.imul(tail, 10) + (c - ZERO)) | 0
    if ((c >= ZERO && c <= NINE) || c === DOT || c === 0x65 || c === 0x45) return -1
    if (i === tailStart) {
      this.high = Math.floor(value / TWO_32)
      this.low = value - this.high * TWO_32
      return i
    }
    // value × 10^k + tail, where each half times 10^5 stays within 53 bits.
    const power = POWERS_OF_TEN[i - tailStart]!
    const valueHigh = Math.floor(value / TWO_32)
    const low = (value - valueHigh * TWO_32) * power + tail
    const carry = Math.floor(low / TWO_32)
    const high = valueHigh * power + carry
    if (high >= TWO_32) return -1
    this.low = low - carry * TWO_32
    this.high = high
    return i
  }
}

/**
 * The number that the four bytes of a little-endian word write, or −1 where not all are digits. All four are looked
 * at, and then added up, at once: first to two pairs, then to one number.
 */
function fourDigits(word: number): number {
  const digits = word ^ 0x30303030
  // Adding 0x76 lifts 10 and above to the top bit; a carry comes only from a byte that has it set anyway.
  if (((digits | (digits + 0x76767676)) & 0x80808080) !== 0) return -1
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff
  return (pairs & 0xff) * 100 + (pairs >>> 16)
}
