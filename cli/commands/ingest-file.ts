import { unknownName } from '../../core/define/unknown-name.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import type { FileReading } from '../../ingest/file/file-options.ts'
import type { TimesTaken } from '../../ingest/file/formats-taken.ts'
import { importFile } from '../../ingest/file/import-file.ts'
import type { ImportResult, RowRejection } from '../../ingest/file/import-report.ts'
import { type FilePreview, previewFile } from '../../ingest/file/preview-file.ts'
import { EXIT_DATA_AT_FAULT } from '../exit-codes.ts'
import { commandLog } from '../output/layer-log.ts'
import { outputMode, present } from '../output/mode.ts'
import { duration, grouped } from '../output/numbers.ts'
import { openProgress } from '../output/progress.ts'
import { readingText } from '../output/reading-text.ts'
import { withContext } from '../platform/context.ts'
import { type GlobalFlags, openWorkspace } from '../project/workspace.ts'
import { awaitStopOrder } from '../start/stop-order.ts'
import { type FileFlags, fileOptions } from './file-flags.ts'

export interface IngestFileFlags extends GlobalFlags, FileFlags {
  readonly rate?: number
  readonly resume?: boolean
  readonly dryRun?: boolean
}

/**
 * Imports a file into a stream, or shows how it would be read. How it is read stands on standard error before anything
 * is produced. The exit code is 4 where rows were rejected; all others are imported then, too.
 */
export async function ingestFile(topic: string, path: string, flags: IngestFileFlags): Promise<void> {
  const workspace = await openWorkspace(flags)
  const stream = streamOf(workspace.project, topic)
  const file = fileOptions(flags)
  if (flags.dryRun === true) {
    const preview = await previewFile(path, stream, file)
    present(outputMode(flags), preview, () => previewText(path, preview, stream))
    if (preview.rejected > 0) process.exitCode = EXIT_DATA_AT_FAULT
    return
  }
  const order = awaitStopOrder(() => {})
  const progress = openProgress()
  const startedMs = performance.now()
  const result = await withContext(workspace, commandLog('ingest-file'), ({ driver }) =>
    importFile({
      ...{ driver, stream, path, file, signal: order.signal },
      ...(flags.rate !== undefined && { ratePerSecond: flags.rate }),
      ...(flags.resume !== undefined && { resume: flags.resume }),
      onReading: reading => {
        if (!isEvident(reading)) process.stderr.write(`${readingText(path, reading, stream)}\n`)
      },
      onProgress: ({ done, size, produced }) =>
        progress.update(done, size, `${grouped(produced)} events produced`),
    }),
  ).finally(() => {
    progress.stop()
    order.forget()
  })
  present(outputMode(flags), result, () => resultText(result, topic, performance.now() - startedMs))
  if (result.rejected > 0) process.exitCode = EXIT_DATA_AT_FAULT
}

/** Of lines of JSON in UTF-8 there is nothing to find out, and so nothing to tell. */
function isEvident({ format, encoding, container }: FileReading): boolean {
  return format === 'ndjson' && encoding === 'utf-8' && container === undefined
}

function streamOf({ streams }: ProjectDefinition, topic: string): StreamDefinition {
  const stream = streams.find(candidate => candidate.topic === topic)
  if (stream !== undefined) return stream
  const topics = streams.map(candidate => candidate.topic)
  throw unknownName('STREAM_UNKNOWN', 'stream', topic, topics)
}

function previewText(path: string, preview: FilePreview, stream: StreamDefinition): string {
  const { reading, events, rows, rejected, rejections } = preview
  return [
    readingText(path, reading, stream),
    '',
    ...events.map(({ place, event }) => `${place}: ${event}`),
    ...timeLines(preview),
    `Of the first ${grouped(rows)} rows, ${rejected === 0 ? 'none' : grouped(rejected)} would be rejected; nothing was produced.`,
    ...rejections.flatMap(rejectionLines),
  ].join('\n')
}

function resultText(result: ImportResult, topic: string, elapsedMs: number): string {
  const { produced, skipped, rejected, rejections, aborted } = result
  const lines = [
    `${grouped(produced)} events produced to ${topic} in ${duration(elapsedMs)}${aborted ? ', stopped early: --resume goes on from here' : ''}.`,
    ...timeLines(result),
  ]
  if (skipped > 0) lines.push(`${grouped(skipped)} rows had been imported before.`)
  if (rejected > 0) lines.push(`${grouped(rejected)} rows were rejected, the first of them:`)
  return [...lines, ...rejections.flatMap(rejectionLines)].join('\n')
}

function timeLines({ timeFormats = [], warning }: TimesTaken): string[] {
  const lines = timeFormats.flatMap(({ column, formats }) => {
    const counts = Object.entries(formats).map(([format, events]) => `${format} (${grouped(events)})`)
    return counts.length === 0 ? [] : [`${column} of the first events was read as ${counts.join(', ')}.`]
  })
  return warning === undefined ? lines : [...lines, `Warning: ${warning}`]
}

function rejectionLines({ place, reason, field, column, detail, hint }: RowRejection): string[] {
  const where = field === undefined ? '' : ` in ${column === undefined ? field : `${column} (${field})`}`
  return [`  ${place}: ${reason}${where}: ${detail}`, ...(hint === undefined ? [] : [`    ${hint}`])]
}
