import type { BytesValues, FixedValues } from '../../model/column-batch.ts'
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
  /** Makes `row` NULL, whatever was read into it. */
  clear(row: number): void
  /** Ends the batch: rows were given in order, each of them read or cleared. */
  finish(): FixedValues | BytesValues
}
