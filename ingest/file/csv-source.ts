import type { StreamDefinition } from '../../core/model/stream.ts'
import { isLiteralMap } from './column-map.ts'
import { type CsvDialect, detectDialect } from './csv-dialect.ts'
import { type CsvRecord, CsvRecords } from './csv-records.ts'
import { rowWriter } from './csv-rows.ts'
import { assertEncoding, decodeText, detectEncoding, INVALID_BYTES } from './encoding.ts'
import { type FileBytes, readHead } from './file-bytes.ts'
import type { FileOptions, FileReading } from './file-options.ts'
import {
  BATCH_ROWS,
  type FileSource,
  MAX_SAMPLES,
  type RowBatch,
  type UnreadableRow,
  unreadable,
} from './file-source.ts'

const HEAD_BYTES = 1 << 20

/** CSV in any of its dialects: a record becomes a JSON event of the stream. Rows that can be read are numbered, from 0. */
export async function openCsvSource(
  path: string,
  file: FileBytes,
  stream: StreamDefinition | undefined,
  options: FileOptions,
): Promise<FileSource> {
  try {
    const head = await readHead(file, HEAD_BYTES)
    const encoding = options.encoding ?? detectEncoding(head.bytes)
    assertEncoding(encoding)
    let text = ''
    for await (const part of decodeText(once(head.bytes), encoding)) text += part
    const dialect = await detectDialect(text, stream, options, /\.(tsv|tab)$/i.test(file.name))
    const maxChars = stream?.maxEventBytes ?? HEAD_BYTES
    const rows = new CsvRows(path, file, encoding, dialect, maxChars)
    return {
      ...{ totalRows: undefined, size: file.size, rowName: 'line' },
      reading: readingOf(dialect, encoding),
      fingerprint: isPlain(dialect, encoding, file.name) ? '' : JSON.stringify([encoding, dialect]),
      batches: (start, end) => rows.read(start, end),
      unreadableRows: async () => ({ count: rows.unreadable, samples: rows.samples }),
      close: async () => {},
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function readingOf({ columns, definitions, ...dialect }: CsvDialect, encoding: string): FileReading {
  const mapped = columns.map((file, index) => ({ file, column: definitions[index]?.name ?? null }))
  return { format: 'csv', encoding, ...dialect, columns: mapped }
}

/** Whether the file is read as every version has read it, so that an import which began then may go on. */
function isPlain(dialect: CsvDialect, encoding: string, name: string): boolean {
  const { delimiter, quote, skipLines, header, decimal, thousands, columns, definitions } = dialect
  const isUsual = delimiter === (/\.tsv$/i.test(name) ? '\t' : ',') && quote === '"' && dialect.escape === '"'
  const isText = encoding === 'utf-8' && skipLines === 0 && header && decimal === '.' && thousands === ''
  return isUsual && isText && isLiteralMap(columns, definitions)
}

class CsvRows {
  readonly #path: string
  readonly #file: FileBytes
  readonly #encoding: string
  readonly #dialect: CsvDialect
  readonly #maxChars: number
  readonly #write: (record: CsvRecord) => string
  unreadable = 0
  samples: UnreadableRow[] = []

  constructor(path: string, file: FileBytes, encoding: string, dialect: CsvDialect, maxChars: number) {
    this.#path = path
    this.#file = file
    this.#encoding = encoding
    this.#dialect = dialect
    this.#maxChars = maxChars
    this.#write = rowWriter(dialect)
  }

  async *read(start: number, end: number): AsyncGenerator<RowBatch> {
    this.unreadable = 0
    this.samples = []
    let batch = emptyBatch()
    let row = 0
    for await (const records of this.#records()) {
      for (const record of records) {
        const fault = this.#faultOf(record)
        if (fault !== undefined) {
          this.#setAside(record.line, fault)
          continue
        }
        const number = row++
        if (number >= end) break
        if (number < start) continue
        batch.rows.push(number)
        batch.lines.push(record.line)
        batch.values.push(Buffer.from(this.#write(record)))
      }
      if (batch.rows.length >= BATCH_ROWS) {
        yield { ...batch, end: this.#file.position() }
        batch = emptyBatch()
      }
      if (row > end) break
    }
    if (batch.rows.length > 0) yield { ...batch, end: this.#file.position() }
  }

  /** The records behind the header; as they come, a few thousand at a time. */
  async *#records(): AsyncGenerator<readonly CsvRecord[]> {
    const reader = new CsvRecords(this.#dialect, this.#maxChars)
    let isHeaderDue = this.#dialect.header
    const body = (records: readonly CsvRecord[]) => {
      const data = records.filter(({ line }) => line > this.#dialect.skipLines)
      if (!isHeaderDue || data.length === 0) return data
      isHeaderDue = false
      return data.slice(1)
    }
    try {
      for await (const text of decodeText(this.#file.read(), this.#encoding)) {
        for (let start = 0; start < text.length; start += PIECE_CHARS)
          yield body(reader.push(text.slice(start, start + PIECE_CHARS)))
      }
      yield body(reader.finish())
    } catch (cause) {
      throw unreadable(this.#path, cause)
    }
  }

  /** Why a record cannot become an event, or `undefined`. Cells without a column may follow if they are empty. */
  #faultOf({ cells, fault }: CsvRecord): string | undefined {
    if (fault !== undefined)
      return `${fault}; if quotes are characters like others in this file, set --quote ""`
    const width = this.#dialect.columns.length
    const hasMore = cells.length > width && cells.slice(width).some(cell => cell !== '')
    if (cells.length < width || hasMore)
      return `it has ${cells.length} cells, and the file has ${width} columns; if cells hold ${JSON.stringify(this.#dialect.delimiter)}, they must be quoted, or another --delimiter be set`
    if (cells.some(cell => cell.includes(INVALID_BYTES)))
      return `it holds bytes that are no ${this.#encoding}; set --encoding, for example windows-1252`
    return undefined
  }

  #setAside(line: number, detail: string): void {
    this.unreadable++
    if (this.samples.length < MAX_SAMPLES)
      this.samples.push({ line, detail: `${detail[0]!.toUpperCase()}${detail.slice(1)}.` })
  }
}

const PIECE_CHARS = 1 << 17

function emptyBatch(): { rows: number[]; lines: number[]; values: Uint8Array[] } {
  return { rows: [], lines: [], values: [] }
}
