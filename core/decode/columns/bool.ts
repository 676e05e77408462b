import type { EventText } from '../event-text.ts'
import { INVALID_JSON, WRONG_TYPE } from '../faults.ts'
import { skipFalse, skipTrue } from '../json-scanner.ts'
import { FixedColumn } from './fixed-column.ts'

/** `true` and `false`, nothing else. */
export class BoolColumn extends FixedColumn {
  #values!: Uint8Array

  constructor() {
    super(1)
  }

  protected view(buffer: ArrayBuffer): void {
    this.#values = new Uint8Array(buffer)
  }

  read({ bytes }: EventText, at: number, row: number): number {
    const isTrue = bytes[at] === 0x74
    if (!isTrue && bytes[at] !== 0x66) return WRONG_TYPE
    const next = isTrue ? skipTrue(bytes, at) : skipFalse(bytes, at)
    if (next < 0) return INVALID_JSON
    this.#values[row] = isTrue ? 1 : 0
    return next
  }
}
