import { isUtf8Name, toUtf8 } from './encoding.ts'
import type { FileBytes } from './file-bytes.ts'
import { BATCH_ROWS, type FileSource, type RowBatch, unreadable } from './file-source.ts'
import { LineSplitter } from './line-splitter.ts'

/**
 * NDJSON: a row is a line, as it stands, in UTF-8. Rows are numbered as lines are, from 0; empty lines are no rows.
 *
 * @param maxLineBytes a longer line is cut here: the decoder refuses it for its size, and memory stays flat
 */
export function openLineSource(
  path: string,
  file: FileBytes,
  encoding: string,
  maxLineBytes: number,
): Omit<FileSource, 'reading' | 'fingerprint'> {
  return {
    ...{ totalRows: undefined, size: file.size, rowName: 'line' },
    batches: (start, end) => readLines(path, file, encoding, maxLineBytes, { start, end }),
    unreadableRows: async () => ({ count: 0, samples: [] }),
    close: async () => {},
  }
}

async function* readLines(
  path: string,
  file: FileBytes,
  encoding: string,
  maxLineBytes: number,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<RowBatch> {
  let rows: number[] = []
  let values: Uint8Array[] = []
  let row = 0
  let lineBytes = 0
  // What is read ahead is not reached yet.
  const isExact = file.countsContent && isUtf8Name(encoding)
  const reach = () => (isExact ? Math.min(lineBytes, file.position()) : file.position())
  for await (const line of linesOf(path, file, encoding, new LineSplitter(maxLineBytes))) {
    const number = row++
    lineBytes += line.length + 1
    if (number >= end) break
    if (number < start || isBlank(line)) continue
    rows.push(number)
    values.push(line)
    if (rows.length === BATCH_ROWS) {
      yield { rows, values, end: reach() }
      rows = []
      values = []
    }
  }
  if (rows.length > 0) yield { rows, values, end: reach() }
}

async function* linesOf(
  path: string,
  file: FileBytes,
  encoding: string,
  splitter: LineSplitter,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of toUtf8(file.read(), encoding)) yield* splitter.push(bytes)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  yield* splitter.finish()
}

function isBlank(line: Uint8Array): boolean {
  // JSON's white space: space, tab, carriage return.
  return line.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}
