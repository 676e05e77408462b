import type { VectorValues } from '../../model/column-batch.ts'
import type { ElementType } from '../../model/column-type.ts'
import type { EventText } from '../event-text.ts'

/**
 * Grows one typed column row by row, straight from the bytes of events. The buffers of a batch are made by
 * `begin` and handed over by `finish`; the column keeps none.
 */
export interface Column {
  /** Starts a batch of at most `rows` rows. */
  begin(rows: number): void
  /**
   * Reads the value at `at` into `row`. Answers with the position behind it, or with a fault (faults.ts). Whether
   * the bytes are valid JSON is not its business where it answers with a fault: the caller looks into that then.
   */
  read(text: EventText, at: number, row: number): number
  /** Makes room for `rows` rows; what was read stays. Only elements of lists need it: nobody knows how many will come. */
  grow(rows: number): void
  /** Where a fault stands inside the value last read, if it is in a part of it. */
  readonly inner?: InnerFault | undefined
  /** Makes `row` NULL, whatever was read into it. */
  clear(row: number): void
  /** Forgets the rows from `rows` on: they are given again, or never. */
  truncate(rows: number): void
  /** Ends the batch: rows were given in order, each of them read or cleared. */
  finish(): VectorValues
}

/** A fault in a part of a value. */
export interface InnerFault {
  /** The path from the value on: `[1].price`. */
  readonly path: string
  /** What should have stood there; `undefined` for an object. */
  readonly type: ElementType | undefined
  /** Where the part stands, or −1 where it is absent. */
  readonly at: number
}
