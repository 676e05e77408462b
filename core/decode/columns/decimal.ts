import type { EventText } from '../event-text.ts'
import { readExactNumber, scaledMagnitude } from '../exact-number.ts'
import { INVALID_VALUE, OUT_OF_RANGE, WRONG_TYPE } from '../faults.ts'
import { QUOTE } from '../json-scanner.ts'
import { POWERS_OF_TEN, ShortNumber } from '../short-number.ts'
import { FixedColumn } from './fixed-column.ts'
import { readQuoted, type TextReader } from './text.ts'
import { writeBigInt, writeSafeInteger } from './words.ts'

/** Decimals, exactly: numbers, and strings that hold one. More fractional digits than the scale must be zeros. */
export class DecimalColumn extends FixedColumn implements TextReader {
  readonly #number = new ShortNumber()
  readonly #width: number
  readonly #precision: number
  readonly #scale: number
  /** The first magnitude that is too large, where a double can tell; otherwise the first it cannot hold. */
  readonly #shortLimit: number
  #halfWords!: Int16Array
  #words!: Int32Array

  constructor(width: 2 | 4 | 8 | 16, precision: number, scale: number) {
    super(width)
    this.#width = width
    this.#precision = precision
    this.#scale = scale
    this.#shortLimit = Math.min(10 ** Math.min(precision, 16), Number.MAX_SAFE_INTEGER)
  }

  protected view(buffer: ArrayBuffer): void {
    this.#halfWords = new Int16Array(buffer)
    this.#words = new Int32Array(buffer)
  }

  read(text: EventText, at: number, row: number): number {
    if (text.bytes[at] === QUOTE) return readQuoted(this, text, at, row)
    return this.#readNumber(text.bytes, at, row, WRONG_TYPE)
  }

  readText({ bytes }: EventText, at: number, row: number): number {
    const next = this.#readNumber(bytes, at, row, INVALID_VALUE)
    return next < 0 || bytes[next] === QUOTE ? next : INVALID_VALUE
  }

  #readNumber(bytes: Uint8Array, at: number, row: number, otherwise: number): number {
    const number = this.#number
    const next = number.read(bytes, at)
    const zeros = this.#scale - number.fractionDigits
    if (next < 0 || zeros < 0 || zeros > 15) return this.#readExact(bytes, at, row, otherwise)
    // Below 2^53 the product is exact, and what a double rounds stays above.
    const magnitude = number.digits * POWERS_OF_TEN[zeros]!
    if (magnitude >= this.#shortLimit) return this.#readExact(bytes, at, row, otherwise)
    this.#writeShort(row, number.negative ? -magnitude : magnitude)
    return next
  }

  #writeShort(row: number, value: number): void {
    if (this.#width === 8) writeSafeInteger(this.#words, 2 * row, value)
    else if (this.#width === 4) this.#words[row] = value
    else if (this.#width === 2) this.#halfWords[row] = value
    else {
      const sign = value < 0 ? -1 : 0
      writeSafeInteger(this.#words, 4 * row, value)
      this.#words[4 * row + 2] = sign
      this.#words[4 * row + 3] = sign
    }
  }

  #readExact(bytes: Uint8Array, at: number, row: number, otherwise: number): number {
    const number = readExactNumber(bytes, at)
    if (number === undefined) return otherwise
    const magnitude = scaledMagnitude(number, this.#scale, this.#precision)
    if (magnitude === undefined) return OUT_OF_RANGE
    const value = number.negative ? -magnitude : magnitude
    if (this.#width === 2) this.#halfWords[row] = Number(value)
    else writeBigInt(this.#words, (this.#width / 4) * row, this.#width / 4, value)
    return number.next
  }
}
