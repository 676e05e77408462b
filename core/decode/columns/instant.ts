import type { EventText } from '../event-text.ts'

/** An instant as a format reads it; one object is used over and over. */
export class Instant {
  /** Whole seconds since 1970, rounded down. */
  seconds = 0
  /** 0 … 999,999, on top of the seconds. */
  micros = 0
}

/**
 * Reads one format of instants.
 *
 * `at` is where a text starts inside its quotes, or a number. Answers with the position behind what it read, with
 * the instant in `into`, or with a fault (faults.ts). Whether the text ends there is the caller's business. What is
 * finer than a microsecond is rounded down.
 */
export interface InstantReader {
  read(text: EventText, at: number, into: Instant): number
}
