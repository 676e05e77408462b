import { ByteStringIndex } from '../byte-string-index.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE } from '../faults.ts'
import { StringColumn } from './string.ts'

/** Strings that must be one of a list, exactly. */
export class EnumColumn extends StringColumn {
  readonly #values: ByteStringIndex

  constructor(values: readonly string[]) {
    super()
    this.#values = new ByteStringIndex([...new Set(values)].map(value => Buffer.from(value)))
  }

  override read(text: EventText, at: number, row: number): number {
    const next = super.read(text, at, row)
    return next < 0 || this.isOneOf(this.#values, row) ? next : INVALID_VALUE
  }
}
