import { stat } from 'node:fs/promises'
import { TwofoldError } from '../../core/model/errors.ts'
import type { StreamDefinition } from '../../core/model/stream.ts'
import { fileColumnsOf } from './column-map.ts'
import { openCsvSource } from './csv-source.ts'
import { type FileBytes, openGzip, openPlain, openZip } from './file-bytes.ts'
import { assertFileOptions, type FileFormat, type FileOptions } from './file-options.ts'
import { type FileSource, unreadable } from './file-source.ts'
import { openJsonSource } from './json-source.ts'
import { openParquetSource } from './parquet-source.ts'

const FORMATS: Readonly<Record<string, FileFormat>> = {
  ...{ csv: 'csv', tsv: 'csv', tab: 'csv', psv: 'csv', txt: 'csv' },
  ...{ ndjson: 'ndjson', jsonl: 'ndjson', ldjson: 'ndjson', json: 'json', geojson: 'json' },
  ...{ parquet: 'parquet', pq: 'parquet' },
}

/** A stream without columns: what reads a file as it is. */
const NO_COLUMNS = { columns: [] as StreamDefinition['columns'] } as StreamDefinition

/**
 * Opens a file by its ending, inside gzip or zip too: events of JSON as they stand; rows of CSV and Parquet as JSON
 * events of the stream. What the options leave open is found in the file; `reading` says what was.
 *
 * @param declared the stream; `undefined` where the file is to be read as it is: with all cells of CSV as texts
 * @throws FILE_UNREADABLE where there is no such file, or it is not what its ending says
 * @throws FILE_FORMAT_UNKNOWN for another ending
 * @throws FILE_OPTION_INVALID where an option does not fit the file
 */
export async function openFileSource(
  path: string,
  declared: StreamDefinition | undefined,
  options: FileOptions = {},
): Promise<FileSource> {
  assertFileOptions(options)
  const stream = declared && { ...declared, columns: fileColumnsOf(declared) }
  const container = /\.(gz|zip)$/i.exec(path)?.[1]?.toLowerCase()
  if (container !== 'zip') formatOf(path, container === 'gz' ? path.slice(0, -3) : path, options)
  await assertFile(path)
  if (container === undefined && formatOf(path, path, options) === 'parquet')
    return openParquetSource(path, stream ?? NO_COLUMNS, options)
  const bytes = await openBytes(path, container, options)
  const format = formatOf(path, bytes.name, options)
  if (format === 'parquet')
    throw unreadable(path, new Error(`Parquet inside ${container} is not read: unpack it first`))
  const source =
    format === 'csv'
      ? await openCsvSource(path, bytes, stream, options)
      : await openJsonSource(path, bytes, format === 'ndjson', stream, options)
  return container === undefined
    ? source
    : { ...source, reading: { ...packing(container, bytes), ...source.reading } }
}

function packing(container: string, bytes: FileBytes) {
  return container === 'gz'
    ? { container: 'gzip' as const }
    : { container: 'zip' as const, entry: bytes.name }
}

async function openBytes(
  path: string,
  container: string | undefined,
  options: FileOptions,
): Promise<FileBytes> {
  if (container === undefined) return openPlain(path)
  if (container === 'gz') return openGzip(path)
  try {
    return await openZip(path, options.entry)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

function formatOf(path: string, name: string, { format }: FileOptions): FileFormat {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  const found = format ?? (Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : undefined)
  if (found !== undefined) return found
  const inside = name === path ? '' : ` (inside: ${name})`
  throw new TwofoldError(
    'FILE_FORMAT_UNKNOWN',
    `The file ${path}${inside} has an ending that is not known.`,
    {
      details: { path },
    },
  )
}

async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(cause => {
    throw unreadable(path, cause)
  })
  if (!found.isFile()) throw unreadable(path, new Error('it is not a file'))
}
