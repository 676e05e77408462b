import { stat } from 'node:fs/promises'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { type FileSource, unreadable } from './file-source.ts'
import { openLineSource } from './line-source.ts'
import { openTableSource } from './table-source.ts'

const FORMAT = /\.(?:(ndjson|jsonl|json|csv|tsv)(\.gz)?|(parquet))$/i

/**
 * Opens a file by its ending: NDJSON lines as they stand; rows of CSV, TSV or Parquet as JSON events of the stream.
 *
 * @throws FILE_UNREADABLE where there is no such file, or it is not what its ending says
 * @throws FILE_FORMAT_UNKNOWN for another ending
 */
export async function openFileSource(path: string, stream: StreamDefinition): Promise<FileSource> {
  const match = FORMAT.exec(path)
  if (match === null) {
    throw new TwofoldError('FILE_FORMAT_UNKNOWN', `The file ${path} has an ending that is not known.`, {
      details: { path },
    })
  }
  await assertFile(path)
  const format = (match[1] ?? match[3]!).toLowerCase()
  switch (format) {
    case 'csv':
    case 'tsv':
    case 'parquet':
      return openTableSource(path, format, stream)
    default:
      return openLineSource(path, { gzip: match[2] !== undefined, maxLineBytes: stream.maxEventBytes + 1 })
  }
}

async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(cause => {
    throw unreadable(path, cause)
  })
  if (!found.isFile()) throw unreadable(path, new Error('it is not a file'))
}
