import { createReadStream, type ReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BATCH_ROWS, type FileSource, type RowBatch, unreadable } from './file-source.ts'
import { LineSplitter } from './line-splitter.ts'

const READ_BYTES = 1 << 20
/** Less of a compressed file, of which more comes: what is read ahead counts as read. */
const COMPRESSED_READ_BYTES = 1 << 16

export interface LineOptions {
  readonly gzip: boolean
  /** A longer line is cut here: the decoder refuses it for its size, and memory stays flat. */
  readonly maxLineBytes: number
}

/** NDJSON: a row is a line, as it stands. Rows are numbered as lines are, from 0; empty lines are no rows. */
export async function openLineSource(path: string, options: LineOptions): Promise<FileSource> {
  return {
    totalRows: undefined,
    size: (await stat(path)).size,
    rowName: 'line',
    batches: (start, end) => readLines(path, options, start, end),
    unreadableRows: async () => ({ count: 0, samples: [] }),
    close: async () => {},
  }
}

async function* readLines(
  path: string,
  options: LineOptions,
  start: number,
  end: number,
): AsyncGenerator<RowBatch> {
  const splitter = new LineSplitter(options.maxLineBytes)
  const file = createReadStream(path, {
    highWaterMark: options.gzip ? COMPRESSED_READ_BYTES : READ_BYTES,
  })
  let lineBytes = 0
  const reach = () => (options.gzip ? file.bytesRead : Math.min(lineBytes, file.bytesRead))
  let rows: number[] = []
  let values: Uint8Array[] = []
  let row = 0
  for await (const line of linesOf(path, file, options.gzip, splitter)) {
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
  file: ReadStream,
  gzip: boolean,
  splitter: LineSplitter,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of bytesOf(file, gzip)) yield* splitter.push(bytes)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  yield* splitter.finish()
}

function bytesOf(file: ReadStream, gzip: boolean): AsyncIterable<Buffer> {
  // An error of either end reaches the reader: `pipeline` destroys the other.
  return gzip ? pipeline(file, createGunzip({ chunkSize: READ_BYTES }), () => {}) : file
}

function isBlank(line: Uint8Array): boolean {
  // JSON's white space: space, tab, carriage return.
  return line.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}
