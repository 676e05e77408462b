import { unknownName } from '../../core/define/unknown-name.ts'
import type { ProjectDefinition } from '../../core/model/project.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { importFile } from '../../ingest/file/import-file.ts'
import type { ImportResult } from '../../ingest/file/import-report.ts'
import { EXIT_DATA_AT_FAULT } from '../exit-codes.ts'
import { commandLog } from '../output/layer-log.ts'
import { outputMode, present } from '../output/mode.ts'
import { duration, grouped } from '../output/numbers.ts'
import { openProgress } from '../output/progress.ts'
import { withContext } from '../platform/context.ts'
import { type GlobalFlags, openWorkspace } from '../project/workspace.ts'
import { awaitStopOrder } from '../start/stop-order.ts'

export interface IngestFileFlags extends GlobalFlags {
  readonly rate?: number
  readonly resume?: boolean
}

/** Imports a file into a stream. The exit code is 4 where rows were rejected; all others are imported then, too. */
export async function ingestFile(topic: string, path: string, flags: IngestFileFlags): Promise<void> {
  const workspace = await openWorkspace(flags)
  const stream = streamOf(workspace.project, topic)
  const order = awaitStopOrder(() => {})
  const progress = openProgress()
  const startedMs = performance.now()
  const result = await withContext(workspace, commandLog('ingest-file'), ({ driver }) =>
    importFile({
      ...{ driver, stream, path, signal: order.signal },
      ...(flags.rate !== undefined && { ratePerSecond: flags.rate }),
      ...(flags.resume !== undefined && { resume: flags.resume }),
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

function streamOf({ streams }: ProjectDefinition, topic: string): StreamDefinition {
  const stream = streams.find(candidate => candidate.topic === topic)
  if (stream !== undefined) return stream
  const topics = streams.map(candidate => candidate.topic)
  throw unknownName('STREAM_UNKNOWN', 'stream', topic, topics)
}

function resultText(result: ImportResult, topic: string, elapsedMs: number): string {
  const { produced, skipped, rejected, rejections, aborted, timeFormats = [] } = result
  const lines = [
    `${grouped(produced)} events produced to ${topic} in ${duration(elapsedMs)}${aborted ? ', stopped early: --resume goes on from here' : ''}.`,
  ]
  for (const { column, formats } of timeFormats) {
    const counts = Object.entries(formats).map(([format, events]) => `${format} (${grouped(events)})`)
    if (counts.length > 0) lines.push(`${column} of the first events was read as ${counts.join(', ')}.`)
  }
  if (skipped > 0) lines.push(`${grouped(skipped)} rows had been imported before.`)
  if (rejected > 0) lines.push(`${grouped(rejected)} rows were rejected, the first of them:`)
  for (const { place, reason, field, detail } of rejections)
    lines.push(`  ${place}: ${reason}${field === undefined ? '' : ` in ${field}`}: ${detail}`)
  return lines.join('\n')
}
