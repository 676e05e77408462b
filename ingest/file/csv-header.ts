import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

const MAX_HEADER_BYTES = 1 << 20

/**
 * The names in the first record of a CSV file. DuckDB finds them by sniffing, but gives up on files with a few broken
 * rows, which are to be set aside, not to stop an import.
 *
 * @throws Error where the first record is empty, not closed, longer than 1 MiB, or names a column twice
 */
export async function readCsvHeader(path: string, delimiter: string): Promise<string[]> {
  const head = await readHead(path)
  const names = parseRecord(head.replace(/^\ufeff/, ''), delimiter)
  if (names === undefined) throw new Error('its header is not closed within 1 MiB')
  if (names.every(name => name === '')) throw new Error('it has no header')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`its header names the column ${JSON.stringify(twice)} twice`)
  return names
}

/** The cells of the first record of `text` (RFC 4180), or `undefined` where a quote is never closed. */
function parseRecord(text: string, delimiter: string): string[] | undefined {
  const cells: string[] = []
  // A quoted cell, in which a quote is written twice, or a bare one.
  const cell = new RegExp(
    `(?:"((?:[^"]|"")*)"|([^"\\r\\n${delimiter}][^\\r\\n${delimiter}]*|))(${delimiter}|\\r?\\n|$)`,
    'y',
  )
  for (;;) {
    const match = cell.exec(text)
    if (match === null) return undefined
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2]!)
    if (match[3] !== delimiter) return cells
  }
}

async function readHead(path: string): Promise<string> {
  const file = createReadStream(path)
  const bytes: AsyncIterable<Buffer> = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file
  const parts: Buffer[] = []
  let sizeBytes = 0
  for await (const part of bytes) {
    parts.push(part)
    sizeBytes += part.length
    if (sizeBytes >= MAX_HEADER_BYTES) break
  }
  return Buffer.concat(parts).toString('utf8', 0, MAX_HEADER_BYTES)
}
