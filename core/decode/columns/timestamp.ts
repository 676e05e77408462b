import { TIMESTAMP_MIN_US } from '../../model/column-type.ts'
import { END_SECONDS } from '../calendar.ts'
import { OUT_OF_RANGE } from '../faults.ts'
import { TWO_32 } from '../integer-digits.ts'
import { FixedColumn } from './fixed-column.ts'
import { writeSafeInteger } from './words.ts'

/** Instants in microseconds since 1970. */
export abstract class TimestampColumn extends FixedColumn {
  #words!: Int32Array

  constructor() {
    super(8)
  }

  protected view(buffer: ArrayBuffer): void {
    this.#words = new Int32Array(buffer)
  }

  /**
   * Writes `seconds` × 10^6 + `micros` (0 … 999,999).
   *
   * @returns `next`, or OUT_OF_RANGE for an instant outside the range
   */
  protected write(row: number, seconds: number, micros: number, next: number): number {
    const value = seconds * 1e6 + micros
    if (value <= Number.MAX_SAFE_INTEGER) return this.writeMicros(row, value, next)
    if (seconds >= END_SECONDS) return OUT_OF_RANGE
    this.#writeLate(row, seconds, micros)
    return next
  }

  /** Writes a number of microseconds that a double holds exactly. Answers like `write`. */
  protected writeMicros(row: number, micros: number, next: number): number {
    if (micros < TIMESTAMP_MIN_US) return OUT_OF_RANGE
    writeSafeInteger(this.#words, 2 * row, micros)
    return next
  }

  /** From the year 2255 on microseconds need more than a double's 53 bits. */
  #writeLate(row: number, seconds: number, micros: number): void {
    // seconds = upper × 2^16 + lower, so each product by 10^6 is exact.
    const upper = Math.floor(seconds / 0x10000)
    const upperMicros = upper * 1e6
    const carried = Math.floor(upperMicros / 0x10000)
    const low = (upperMicros - carried * 0x10000) * 0x10000 + (seconds - upper * 0x10000) * 1e6 + micros
    this.#words[2 * row] = low
    this.#words[2 * row + 1] = carried + Math.floor(low / TWO_32)
  }
}
