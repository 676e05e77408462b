import { DOT, NINE, ZERO } from './json-scanner.ts'
import { POWERS_OF_TEN } from './short-number.ts'

export const TWO_32 = 4_294_967_296

/** The digits whose value a double holds exactly, and the most that 64 bits have. */
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
  read(bytes: Uint8Array, at: number): number {
    let i = at
    let c = bytes[i]!
    let head = 0
    const headEnd = at + 9
    while (c >= ZERO && c <= NINE && i < headEnd) {
      head = (Math.imul(head, 10) + (c - ZERO)) | 0
      c = bytes[++i]!
    }
    if (i === at || (bytes[at] === ZERO && i > at + 1)) return -1
    if (!(c >= ZERO && c <= NINE)) {
      if (c === DOT || c === 0x65 || c === 0x45) return -1
      this.low = head
      this.high = 0
      return i
    }
    return this.#readLong(bytes, i, head)
  }

  /** Goes on at `at` behind nine digits: six more in a double, then at most five more in two halves. */
  #readLong(bytes: Uint8Array, at: number, head: number): number {
    const exactEnd = at + EXACT_DIGITS - 9
    const limit = at + MAX_DIGITS - 9
    let i = at
    let c = bytes[i]!
    let value = head
    for (; c >= ZERO && c <= NINE && i < exactEnd; c = bytes[++i]!) value = value * 10 + (c - ZERO)
    let tail = 0
    const tailStart = i
    for (; c >= ZERO && c <= NINE && i < limit; c = bytes[++i]!) tail = tail * 10 + (c - ZERO)
    if ((c >= ZERO && c <= NINE) || c === DOT || c === 0x65 || c === 0x45) return -1
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
