import { TwofoldError } from '../../core/model/errors.ts'
import type { FileReading } from './file-options.ts'

/** A file as numbered rows, each an event as bytes. The same file yields the same rows under the same numbers. */
export interface FileSource {
  /** How it is read. */
  readonly reading: FileReading
  /**
   * A text that differs where rows get other numbers or values, so that an import is not resumed with another reading.
   * Empty for what every version reads alike.
   */
  readonly fingerprint: string
  /** The number of rows, where the file tells it without being read. */
  readonly totalRows: number | undefined
  /** How long the file is, for telling how far an import came: rows of Parquet, of others bytes as they lie on disk. */
  readonly size: number
  /** What a row is called when people are told about it; all are counted from 1. */
  readonly rowName: 'line' | 'row' | 'element'
  /** Rows `[start, end)` in order. Holds no more than a few batches in memory, however large the file is. */
  batches(start: number, end: number): AsyncIterable<RowBatch>
  /** Rows that could not be told apart or read at all, and so have no number; complete once all is read. */
  unreadableRows(): Promise<UnreadableRows>
  close(): Promise<void>
}

/** Rows of a file: `values[i]` is row number `rows[i]`. Numbers ascend; those of empty lines are missing. */
export interface RowBatch {
  readonly rows: readonly number[]
  readonly values: readonly Uint8Array[]
  /** The lines that the rows begin in, from 1, where they are not `row + 1`. */
  readonly lines?: readonly number[]
  /** How far into the file reading has come, in the unit of the source's `size`; what is read ahead may count. */
  readonly end: number
}

export interface UnreadableRows {
  readonly count: number
  /** The first few. */
  readonly samples: readonly UnreadableRow[]
}

export interface UnreadableRow {
  /** Counted from 1. */
  readonly line: number
  readonly detail: string
}

/** How many rows are produced at a time: four chunks of DuckDB. */
export const BATCH_ROWS = 8192
/** How many unreadable rows are told one by one. */
export const MAX_SAMPLES = 20

/** The error of a file that cannot be read, with the reason. One of ours stays as it is. */
export function unreadable(path: string, cause: unknown): TwofoldError {
  if (cause instanceof TwofoldError) return cause
  // Behind DuckDB's first line stand advice for its own users and the statement.
  const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!
  return new TwofoldError(
    'FILE_UNREADABLE',
    `The file ${path} cannot be read: ${reason.replace(/\.$/, '')}.`,
    {
      details: { path },
      cause,
    },
  )
}
