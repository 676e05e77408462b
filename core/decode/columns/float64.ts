import type { EventText } from '../event-text.ts'
import { asciiText } from '../exact-number.ts'
import { NOT_FINITE, WRONG_TYPE } from '../faults.ts'
import { skipNumber } from '../json-scanner.ts'
import { POWERS_OF_TEN, ShortNumber } from '../short-number.ts'
import { FixedColumn } from './fixed-column.ts'

/** Doubles, correctly rounded. */
export class Float64Column extends FixedColumn {
  readonly #number = new ShortNumber()
  #values!: Float64Array

  constructor() {
    super(8)
  }

  protected view(buffer: ArrayBuffer): void {
    this.#values = new Float64Array(buffer)
  }

  read({ bytes }: EventText, at: number, row: number): number {
    const number = this.#number
    const next = number.read(bytes, at)
    if (next < 0) return this.#readLong(bytes, at, row)
    // Both operands are exact, so the one division rounds once (Clinger 1990).
    const magnitude = number.digits / POWERS_OF_TEN[number.fractionDigits]!
    this.#values[row] = number.negative ? -magnitude : magnitude
    return next
  }

  #readLong(bytes: Uint8Array, at: number, row: number): number {
    const next = skipNumber(bytes, at)
    if (next < 0) return WRONG_TYPE
    const value = Number(asciiText(bytes, at, next))
    if (!Number.isFinite(value)) return NOT_FINITE
    this.#values[row] = value
    return next
  }
}
