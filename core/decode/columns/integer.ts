import type { EventText } from '../event-text.ts'
import { readExactNumber, scaledMagnitude } from '../exact-number.ts'
import { INVALID_VALUE, OUT_OF_RANGE, WRONG_TYPE } from '../faults.ts'
import { IntegerDigits } from '../integer-digits.ts'
import { MINUS, QUOTE } from '../json-scanner.ts'
import { FixedColumn } from './fixed-column.ts'
import { readQuoted, type TextReader } from './text.ts'
import { writeHalves } from './words.ts'

const SIGN_BIT = 0x80000000
const MAX_DIGITS = 20

/**
 * Integers, exactly. `5.0` and `50e-1` are the integer 5; `5.5` fits no integer and is out of range, like one that
 * is too large.
 */
abstract class IntegerColumn extends FixedColumn {
  readonly #digits = new IntegerDigits()
  protected words!: Int32Array

  protected view(buffer: ArrayBuffer): void {
    this.words = new Int32Array(buffer)
  }

  /** Writes a sign and a magnitude, or answers false where they do not fit. */
  protected abstract write(row: number, negative: boolean, low: number, high: number): boolean

  /** Reads a number; `otherwise` is the fault where none stands. */
  protected readNumber(text: EventText, at: number, row: number, otherwise: number): number {
    const negative = text.bytes[at] === MINUS
    const next = this.#digits.read(text, negative ? at + 1 : at)
    if (next < 0) return this.#readExact(text.bytes, at, row, otherwise)
    return this.write(row, negative, this.#digits.low, this.#digits.high) ? next : OUT_OF_RANGE
  }

  #readExact(bytes: Uint8Array, at: number, row: number, otherwise: number): number {
    const number = readExactNumber(bytes, at)
    if (number === undefined) return otherwise
    const magnitude = scaledMagnitude(number, 0, MAX_DIGITS)
    if (magnitude === undefined || magnitude >> 64n !== 0n) return OUT_OF_RANGE
    const low = Number(magnitude & 0xffffffffn)
    return this.write(row, number.negative, low, Number(magnitude >> 32n)) ? number.next : OUT_OF_RANGE
  }
}

/** Numbers only. */
export class Int32Column extends IntegerColumn {
  constructor() {
    super(4)
  }

  read(text: EventText, at: number, row: number): number {
    return this.readNumber(text, at, row, WRONG_TYPE)
  }

  protected write(row: number, negative: boolean, low: number, high: number): boolean {
    if (high !== 0 || low > (negative ? SIGN_BIT : SIGN_BIT - 1)) return false
    this.words[row] = negative ? -low : low
    return true
  }
}

/** Numbers, and strings that hold one: JavaScript's JSON.stringify cannot write more than 53 bits as a number. */
abstract class WideIntegerColumn extends IntegerColumn implements TextReader {
  constructor() {
    super(8)
  }

  read(text: EventText, at: number, row: number): number {
    if (text.bytes[at] === QUOTE) return readQuoted(this, text, at, row)
    return this.readNumber(text, at, row, WRONG_TYPE)
  }

  readText(text: EventText, at: number, row: number): number {
    const next = this.readNumber(text, at, row, INVALID_VALUE)
    return next < 0 || text.bytes[next] === QUOTE ? next : INVALID_VALUE
  }
}

export class Int64Column extends WideIntegerColumn {
  protected write(row: number, negative: boolean, low: number, high: number): boolean {
    if (high >= SIGN_BIT && !(negative && high === SIGN_BIT && low === 0)) return false
    writeHalves(this.words, 2 * row, negative, low, high)
    return true
  }
}

export class Uint64Column extends WideIntegerColumn {
  protected write(row: number, negative: boolean, low: number, high: number): boolean {
    if (negative && (low !== 0 || high !== 0)) return false
    this.words[2 * row] = low
    this.words[2 * row + 1] = high
    return true
  }
}
