import type { OffsetRange } from './offsets.ts'

/**
 * The descriptor of one immutable Parquet file of the master dataset: one partition, one offset range.
 * It is the descriptor's name, keyed by the start offset, that is linked into place; it names the data file.
 */
export interface Segment {
  readonly format: 1
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly start: number
  readonly end: number
  /** Name of the Parquet file, in the same folder. */
  readonly file: string
  readonly sizeBytes: number
  /** SHA-256 of the Parquet file, hexadecimal. */
  readonly sha256: string
  readonly records: number
  readonly accepted: number
  readonly quarantined: number
  /** Σ hash of all its records mod 2^64, decimal. */
  readonly digest: string
  /** Which decoder made the typed columns: a hash of schema and decoder version. */
  readonly decoder: string
  /**
   * There only where a command declared the whole range lost, which then has no records: how many offsets that are.
   * As many records were lost at most, for not every offset had one.
   */
  readonly lost?: number
}

/** The ranges of segments that were declared lost. */
export function lostRanges(segments: readonly Segment[]): OffsetRange[] {
  return segments
    .filter(({ lost }) => lost !== undefined)
    .map(({ partition, start, end }) => ({ partition, start, end }))
}
