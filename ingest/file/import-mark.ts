import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { RecordHeader } from '../../core/model/record.ts'

/** The header by which an import finds again what it has produced. */
export const IMPORT_HEADER = 'twofold-import'

/** One run of an import: all that decides, with a row's number and key, where its record goes. */
export interface ImportRun {
  /** Which file goes into which stream: the same for each run of the same import. */
  readonly importId: string
  /** When the run began, ms since 1970: tells a second import of a file from the first. */
  readonly startedAtMs: number
  /** How many partitions the topic had then; rows keep their partitions where some are added. */
  readonly partitions: number
  /** How the file is read: 8 hexadecimal digits, or nothing where every version reads it alike. */
  readonly dialect: string
}

export interface ImportMark extends ImportRun {
  readonly row: number
}

/** The id of the import of a file: 16 hexadecimal digits of stream, file name and size, wherever the file lies. */
export async function importIdOf(topic: string, path: string): Promise<string> {
  const { size } = await stat(path)
  const identity = JSON.stringify([topic, basename(path), size])
  return createHash('sha256').update(identity).digest('hex').slice(0, 16)
}

/** What stands for the fingerprint of a file's source in the marks of an import. */
export function dialectOf(fingerprint: string): string {
  return fingerprint === '' ? '' : createHash('sha256').update(fingerprint).digest('hex').slice(0, 8)
}

/** Makes the headers of one run's records: `importId:row:partitions:startedAtMs`, and `:dialect` where there is one. */
export function markWriter(run: ImportRun): (row: number) => RecordHeader[] {
  const [head, tail] = [
    `${run.importId}:`,
    `:${run.partitions}:${run.startedAtMs}${run.dialect && `:${run.dialect}`}`,
  ]
  return row => [{ name: IMPORT_HEADER, value: Buffer.from(`${head}${row}${tail}`, 'latin1') }]
}

/** The mark of a record of the import, or `undefined` where it is not one. */
export function readMark(headers: readonly RecordHeader[], importId: string): ImportMark | undefined {
  const value = headers.find(header => header.name === IMPORT_HEADER)?.value
  if (value == null) return undefined
  const match = /^([0-9a-f]{16}):(\d+):(\d+):(\d+)(?::([0-9a-f]{8}))?$/.exec(
    Buffer.from(value).toString('latin1'),
  )
  if (match === null || match[1] !== importId) return undefined
  const [row, partitions, startedAtMs] = match.slice(2, 5).map(Number) as [number, number, number]
  return { importId, row, partitions, startedAtMs, dialect: match[5] ?? '' }
}
