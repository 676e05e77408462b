import type { RejectedRow } from '../../core/decode/decoder.ts'
import type { QuarantineReason } from '../../core/model/verdict.ts'
import type { FileReading } from './file-options.ts'
import type { FileSource, RowBatch, UnreadableRows } from './file-source.ts'
import type { TimesTaken } from './formats-taken.ts'
import { rejectionHint } from './rejection-hint.ts'

export interface ImportCounts {
  /** Rows read so far. */
  readonly rows: number
  /** Rows of the file, where it tells. */
  readonly totalRows: number | undefined
  /** How far into the file everything is done, whatever became of it, and its size: both in the source's unit. */
  readonly done: number
  readonly size: number
  /** Events that Kafka has acknowledged. */
  readonly produced: number
  /** Rows that an earlier run had produced. */
  readonly skipped: number
  /** Rows that are no events of the stream: not produced. */
  readonly rejected: number
}

export interface ImportResult extends ImportCounts, TimesTaken {
  /** The first few of the rejected rows. */
  readonly rejections: readonly RowRejection[]
  /** How the file was read. */
  readonly reading: FileReading
  /** Whether the signal ended it before the last row. */
  readonly aborted: boolean
}

export interface RowRejection {
  /** Where it stands, for people, from 1: `line 12` of a text, `row 12` of Parquet, `element 12` of a list of JSON. */
  readonly place: string
  readonly reason: QuarantineReason | 'unreadable_row'
  readonly field: string | undefined
  /** The file's own name of the column, where it differs from the stream's. */
  readonly column?: string
  readonly detail: string
  /** What to set, where that may help. */
  readonly hint?: string
}

interface PlacedRejection {
  readonly number: number
  readonly rejection: RowRejection
}

const MAX_REJECTIONS = 20

/** Counts what becomes of a file's rows. */
export class ImportReport {
  readonly #source: FileSource
  readonly #onProgress: ((counts: ImportCounts) => void) | undefined
  readonly #rejections: PlacedRejection[] = []
  #rows = 0
  #done = 0
  #produced = 0
  #skipped = 0
  #rejected = 0

  constructor(source: FileSource, onProgress: ((counts: ImportCounts) => void) | undefined) {
    this.#source = source
    this.#onProgress = onProgress
  }

  /** Rows were read; some of them, by their indexes, are no events. */
  read({ rows, lines, values }: Omit<RowBatch, 'end'>, rejections: readonly RejectedRow[]): void {
    this.#rows += rows.length
    this.#rejected += rejections.length
    for (const { row: index, ...rejection } of rejections.slice(
      0,
      MAX_REJECTIONS - this.#rejections.length,
    )) {
      const number = lines?.[index] ?? rows[index]! + 1
      const more = rejectionHint(rejection, values[index]!, this.#source.reading)
      this.#rejections.push({ number, rejection: { place: this.#placeOf(number), ...rejection, ...more } })
    }
  }

  skip(rows: number): void {
    this.#skipped += rows
  }

  produced(events: number): void {
    this.#produced += events
  }

  /** All of the file up to here is done: produced, skipped or rejected. */
  reached(done: number): void {
    this.#done = Math.max(this.#done, done)
    this.#onProgress?.(this.counts())
  }

  /** @param isWhole whether there was nothing behind the last row that was asked for */
  finish(aborted: boolean, isWhole: boolean, unreadable: UnreadableRows): ImportResult {
    this.#rejected += unreadable.count
    for (const { line, detail } of unreadable.samples) {
      const rejection = {
        place: this.#placeOf(line),
        reason: 'unreadable_row',
        field: undefined,
        detail,
      } as const
      this.#rejections.push({ number: line, rejection })
    }
    const first = [...this.#rejections].sort((a, b) => a.number - b.number).slice(0, MAX_REJECTIONS)
    this.reached(aborted || !isWhole ? this.#done : this.#source.size)
    return {
      ...this.counts(),
      rejections: first.map(({ rejection }) => rejection),
      reading: this.#source.reading,
      aborted,
    }
  }

  counts(): ImportCounts {
    return {
      rows: this.#rows,
      totalRows: this.#source.totalRows,
      done: this.#done,
      size: this.#source.size,
      produced: this.#produced,
      skipped: this.#skipped,
      rejected: this.#rejected,
    }
  }

  #placeOf(number: number): string {
    return `${this.#source.rowName} ${number}`
  }
}
