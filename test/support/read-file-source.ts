import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { openEventStream } from '../../ingest/event/event-stream.ts'
import type { FileOptions, FileReading } from '../../ingest/file/file-options.ts'
import { openFileSource } from '../../ingest/file/open-file-source.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Writes a file into a folder of its own, and answers its path. */
export function writeTemporary(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  return path
}

export interface FileEvents {
  readonly reading: FileReading
  /** The JSON texts of all rows. */
  readonly texts: string[]
  /** Those that are events of the stream, parsed. */
  readonly events: Record<string, unknown>[]
  /** Why the others are none, and why rows could not be read, by the numbers of their lines or rows. */
  readonly refused: ReadonlyMap<number, string>
}

/** Reads a whole file as an import would. */
export async function readEvents(
  path: string,
  stream: StreamDefinition | undefined,
  options: FileOptions = {},
): Promise<FileEvents> {
  const source = await openFileSource(path, stream, options)
  const texts: string[] = []
  const events: Record<string, unknown>[] = []
  const refused = new Map<number, string>()
  try {
    for await (const { rows, lines, values } of source.batches(0, Infinity)) {
      texts.push(...values.map(value => Buffer.from(value).toString()))
      if (stream === undefined) continue
      const checked = openEventStream(stream).check(values)
      for (const { value } of checked.events) events.push(JSON.parse(Buffer.from(value).toString()))
      for (const { row, detail } of checked.rejections) refused.set(lines?.[row] ?? rows[row]! + 1, detail)
    }
    for (const { line, detail } of (await source.unreadableRows()).samples) refused.set(line, detail)
    return { reading: source.reading, texts, events, refused }
  } finally {
    await source.close()
  }
}
