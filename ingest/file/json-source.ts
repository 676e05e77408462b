import type { StreamDefinition } from '../../core/model/stream.ts'
import { assertEncoding, detectEncoding, isUtf8Name, toUtf8, utf16Of } from './encoding.ts'
import { type FileBytes, readHead } from './file-bytes.ts'
import type { FileOptions } from './file-options.ts'
import { BATCH_ROWS, type FileSource, type RowBatch, unreadable } from './file-source.ts'
import { JsonElements } from './json-elements.ts'
import { openLineSource } from './line-source.ts'

const HEAD_BYTES = 1 << 20
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]
const UTF16_SAMPLE_BYTES = 4096

/**
 * JSON: lines of events; or a list of events, or events over several lines, streamed. Where the list stands is found
 * in the first megabyte: at the top, in GeoJSON's `features`, or in the one member that is a list of objects.
 */
export async function openJsonSource(
  path: string,
  file: FileBytes,
  isLines: boolean,
  stream: StreamDefinition | undefined,
  options: FileOptions,
): Promise<FileSource> {
  try {
    const head = await readHead(file, HEAD_BYTES)
    const encoding = options.encoding ?? encodingOf(head.bytes)
    assertEncoding(encoding)
    const parts: Uint8Array[] = []
    for await (const part of toUtf8(once(head.bytes), encoding)) parts.push(part)
    const form = formOf(Buffer.concat(parts).toString(), isLines, stream, options)
    const maxBytes = (stream?.maxEventBytes ?? HEAD_BYTES) + 1
    // What every version reads alike: lines in UTF-8.
    const isPlain = form === 'lines' && isUtf8Name(encoding)
    if (form === 'lines') {
      const lines = openLineSource(path, file, encoding, maxBytes)
      return {
        ...lines,
        reading: { format: 'ndjson', encoding },
        fingerprint: isPlain ? '' : JSON.stringify([encoding]),
      }
    }
    const where = form.path === undefined ? undefined : form.path.join('.')
    return {
      ...{ totalRows: undefined, size: file.size, rowName: 'element' },
      reading: { format: 'json', encoding, ...(where !== undefined && { records: where }) },
      fingerprint: JSON.stringify([encoding, where ?? null]),
      batches: (start, end) =>
        readElements(path, file, encoding, new JsonElements(form.path, maxBytes), start, end),
      unreadableRows: async () => ({ count: 0, samples: [] }),
      close: async () => {},
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** JSON is UTF-8 but for a mark, or zeros, that say otherwise: bytes of another kind are damage. */
function encodingOf(head: Uint8Array): string {
  const hasMark = head[0] === 0xff || head[0] === 0xfe
  return hasMark ? detectEncoding(head) : (utf16Of(head.subarray(0, UTF16_SAMPLE_BYTES)) ?? 'utf-8')
}

type JsonForm = 'lines' | { readonly path: readonly string[] | undefined }

function formOf(
  head: string,
  isLines: boolean,
  stream: StreamDefinition | undefined,
  options: FileOptions,
): JsonForm {
  const text = head.replace(/^\ufeff/, '')
  if (options.records !== undefined)
    return { path: options.records === '' ? topOf(text) : options.records.split('.') }
  const first = /[^\s]/.exec(text)?.[0]
  // A list over several lines, whatever its ending says; but a list on each line is a line.
  if (first === '[')
    return (isLines ? isWholeValue(firstLine(text)) : hasValueLines(text)) ? 'lines' : { path: [] }
  // Lines that end with a return alone: in JSON it is white space.
  if (isLines) return /^[^\n]+\r[^\n]+$/.test(text) ? { path: undefined } : 'lines'
  if (first !== '{' || hasValueLines(text)) return 'lines'
  const members = membersOf(text)
  if (members.get('type')?.startsWith('"FeatureCollection"')) return { path: ['features'] }
  const lists = [...members].filter(([, value]) => /^\[\s*\{/.test(value)).map(([name]) => name)
  const time = stream?.columns.find(({ name }) => name === stream.time)
  const isEvent = time !== undefined && members.has(String(time.path[0]))
  if (lists.length === 1 && !isEvent) return { path: lists }
  return { path: undefined }
}

function topOf(text: string): readonly string[] | undefined {
  return /^\s*\[/.test(text) ? [] : undefined
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]!
}

const SAMPLE_LINES = 20

/** Whether there are several lines, and most of the first are whole values: then each line is an event. */
function hasValueLines(text: string): boolean {
  const lines = text.split('\n', 10 * SAMPLE_LINES).filter(line => line.trim() !== '')
  const sample = lines.slice(0, SAMPLE_LINES)
  return lines.length > 1 && 2 * sample.filter(isWholeValue).length >= sample.length
}

function isWholeValue(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

/** The members of the object that a text begins with, as far as it goes, each with the beginning of its value. */
function membersOf(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  const key = /\s*[{,]\s*("(?:[^"\\]|\\.)*")\s*:\s*/y
  for (;;) {
    const match = key.exec(text)
    if (match === null) return members
    members.set(JSON.parse(match[1]!) as string, text.slice(key.lastIndex, key.lastIndex + 64))
    key.lastIndex = valueEnd(text, key.lastIndex)
  }
}

/** Where the value at `start` ends: before the comma or brace that follows it. */
function valueEnd(text: string, start: number): number {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],]|[^"{}[\],]+|"/gy
  token.lastIndex = start
  let depth = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '{' || match[0] === '[') depth++
    else if (depth === 0 && /^[},\]]$/.test(match[0])) return match.index
    else if (match[0] === '}' || match[0] === ']') depth--
  }
  return text.length
}

async function* readElements(
  path: string,
  file: FileBytes,
  encoding: string,
  elements: JsonElements,
  start: number,
  end: number,
): AsyncGenerator<RowBatch> {
  let row = 0
  let rows: number[] = []
  let values: Uint8Array[] = []
  for await (const list of elementsOf(path, file, encoding, elements)) {
    for (const value of list) {
      const number = row++
      if (number < start || number >= end) continue
      rows.push(number)
      values.push(value)
    }
    if (row > end) break
    if (rows.length < BATCH_ROWS) continue
    yield { rows, values, end: file.position() }
    rows = []
    values = []
  }
  if (rows.length > 0) yield { rows, values, end: file.position() }
}

async function* elementsOf(
  path: string,
  file: FileBytes,
  encoding: string,
  elements: JsonElements,
): AsyncGenerator<Uint8Array[]> {
  try {
    let isFirst = true
    for await (const bytes of toUtf8(file.read(), encoding)) {
      const hasMark = isFirst && BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte)
      isFirst = false
      yield elements.push(hasMark ? bytes.subarray(3) : bytes)
    }
    yield elements.finish()
  } catch (cause) {
    throw unreadable(path, cause)
  }
}
