import { END_DAYS, MIN_DAYS, NO_DAY, readDay } from '../calendar.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_VALUE, OUT_OF_RANGE } from '../faults.ts'
import { QUOTE } from '../json-scanner.ts'
import { FixedColumn } from './fixed-column.ts'
import { readQuoted, type TextReader } from './text.ts'

/** Behind `YYYY-MM-DD`. */
const DATE_END = 10

/** Days as `YYYY-MM-DD`, in the range of timestamps. */
export class DateColumn extends FixedColumn implements TextReader {
  #days!: Int32Array

  constructor() {
    super(4)
  }

  protected view(buffer: ArrayBuffer): void {
    this.#days = new Int32Array(buffer)
  }

  read(text: EventText, at: number, row: number): number {
    return readQuoted(this, text, at, row)
  }

  readText({ bytes }: EventText, at: number, row: number): number {
    const days = readDay(bytes, at)
    if (days === NO_DAY || bytes[at + DATE_END] !== QUOTE) return INVALID_VALUE
    if (days < MIN_DAYS || days >= END_DAYS) return OUT_OF_RANGE
    this.#days[row] = days
    return at + DATE_END
  }
}
