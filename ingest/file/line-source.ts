import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BATCH_ROWS, type FileSource, type RowBatch, unreadable } from './file-source.ts'
import { LineSplitter } from './line-splitter.ts'

const READ_BYTES = 1 << 20

export interface LineOptions {
  readonly gzip: boolean
  /** A longer line is cut here: the decoder refuses it for its size, and memory stays flat. */
  readonly maxLineBytes: number
}

/** NDJSON: a row is a line, as it stands. Rows are numbered as lines are, from 0; empty lines are no rows. */
export async function openLineSource(path: string, options: LineOptions): Promise<FileSource> {
  return {
    totalRows: undefined,
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
  let rows: number[] = []
  let values: Uint8Array[] = []
  let row = 0
  for await (const line of linesOf(path, options.gzip, splitter)) {
    const number = row++
    if (number >= end) break
    if (number < start || isBlank(line)) continue
    rows.push(number)
    values.push(line)
    if (rows.length === BATCH_ROWS) {
      yield { rows, values }
      rows = []
      values = []
    }
  }
  if (rows.length > 0) yield { rows, values }
}

async function* linesOf(path: string, gzip: boolean, splitter: LineSplitter): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of bytesOf(path, gzip)) yield* splitter.push(bytes)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  yield* splitter.finish()
}

function bytesOf(path: string, gzip: boolean): AsyncIterable<Buffer> {
  const file = createReadStream(path, { highWaterMark: READ_BYTES })
  // An error of either end reaches the reader: `pipeline` destroys the other.
  return gzip ? pipeline(file, createGunzip({ chunkSize: READ_BYTES }), () => {}) : file
}

function isBlank(line: Uint8Array): boolean {
  // JSON's white space: space, tab, carriage return.
  return line.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}
