import type { StreamDefinition } from '../../core/model/stream.ts'
import { openEventStream } from '../event/event-stream.ts'
import type { FileOptions, FileReading } from './file-options.ts'
import { FormatsSample, type TimesTaken, timesOf } from './formats-taken.ts'
import { ImportReport, type RowRejection } from './import-report.ts'
import { openFileSource } from './open-file-source.ts'

/** What an import of a file would do with its first rows. */
export interface FilePreview extends TimesTaken {
  readonly reading: FileReading
  /** The first events, as they would be produced. */
  readonly events: readonly PreviewEvent[]
  /** Rows looked at: the first few thousand. */
  readonly rows: number
  readonly rejected: number
  /** The first of the rows that would be refused. */
  readonly rejections: readonly RowRejection[]
}

export interface PreviewEvent {
  /** Where it stands in the file: `line 2`. */
  readonly place: string
  /** The JSON text. */
  readonly event: string
}

const MAX_ROWS = 10_000
const MAX_EVENTS = 5

/**
 * Reads the first rows of a file as an import would, and produces nothing.
 *
 * @throws FILE_UNREADABLE, FILE_FORMAT_UNKNOWN, FILE_OPTION_INVALID
 */
export async function previewFile(
  path: string,
  stream: StreamDefinition,
  options: FileOptions,
): Promise<FilePreview> {
  const source = await openFileSource(path, stream, options)
  try {
    const events = openEventStream(stream)
    const report = new ImportReport(source, undefined)
    const formats = new FormatsSample(stream)
    const shown: PreviewEvent[] = []
    for await (const batch of source.batches(0, MAX_ROWS)) {
      const checked = events.check(batch.values)
      report.read(batch, checked.rejections)
      formats.see(checked.events)
      for (const { row, value } of checked.events.slice(0, MAX_EVENTS - shown.length)) {
        const number = batch.lines?.[row] ?? batch.rows[row]! + 1
        shown.push({ place: `${source.rowName} ${number}`, event: Buffer.from(value).toString() })
      }
    }
    const { rows, rejected, rejections } = report.finish(false, false, await source.unreadableRows())
    return { reading: source.reading, events: shown, rows, rejected, rejections, ...timesOf(formats, events) }
  } finally {
    await source.close()
  }
}
