import { isUtf8 } from 'node:buffer'
import { analyse } from 'chardet'
import iconv from 'iconv-lite'
import { invalidOption } from './file-options.ts'

/** Bytes looked at for zeros at every second place. */
const UTF16_SAMPLE_BYTES = 4096
/** By so much another 8-bit encoding must be more likely than Western European before it is taken for it. */
const MIN_LEAD = 20

const MARKS: readonly (readonly [encoding: string, bytes: readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
]

/**
 * The encoding of a file by its first bytes: by its byte order mark, by zeros at every second place, or UTF-8 where
 * that is valid or nearly so; otherwise the 8-bit encoding that its letters are likeliest of, Windows-1252 in doubt.
 */
export function detectEncoding(head: Uint8Array): string {
  const mark = MARKS.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte))
  if (mark !== undefined) return mark[0]
  const wide = utf16Of(head.subarray(0, UTF16_SAMPLE_BYTES))
  if (wide !== undefined) return wide
  return isMostlyUtf8(head) ? 'utf-8' : eightBitOf(head)
}

/** UTF-16 without a mark: text of mostly ASCII has a zero in nearly every pair, at the same side. */
export function utf16Of(sample: Uint8Array): string | undefined {
  const pairs = Math.floor(sample.length / 2)
  if (pairs === 0) return undefined
  const zeros = [0, 0]
  for (let i = 0; i < 2 * pairs; i++) if (sample[i] === 0) zeros[i % 2]!++
  const [even, odd] = zeros.map(count => count / pairs) as [number, number]
  if (odd > 0.4 && even < 0.05) return 'utf-16le'
  if (even > 0.4 && odd < 0.05) return 'utf-16be'
  return undefined
}

/** Bytes that no file of Western text has as letters (`ÿ`, `þ`): alone they are damage. */
const NO_LETTERS = /[^\0-\x7f\xfe\xff]/

/** Whether more of what is no ASCII is valid UTF-8 than is not: then it is UTF-8 with damage. */
function isMostlyUtf8(head: Uint8Array): boolean {
  if (isUtf8(head) || !NO_LETTERS.test(Buffer.from(head).toString('latin1'))) return true
  const text = new TextDecoder('utf-8', { fatal: false }).decode(head, { stream: true })
  const invalid = text.match(/\ufffd/g)?.length ?? 0
  const valid = text.match(/[^\0-\x7f\ufffd]/gu)?.length ?? 0
  return invalid <= valid
}

function eightBitOf(head: Uint8Array): string {
  const matches = analyse(Buffer.from(head)).filter(
    ({ name }) => iconv.encodingExists(name) && !/^UTF/i.test(name),
  )
  const western =
    matches.find(({ name }) => /^(ISO-8859-1|windows-1252)$/i.test(name))?.confidence ?? MIN_LEAD
  const best = matches[0]
  if (best === undefined || best.confidence < western + MIN_LEAD) return 'windows-1252'
  // What most programs call Latin-1 is Windows-1252, which has all of its letters.
  return /^ISO-8859-1$/i.test(best.name) ? 'windows-1252' : best.name.toLowerCase()
}

/** @throws FILE_OPTION_INVALID where the encoding is not known */
export function assertEncoding(encoding: string): void {
  if (!iconv.encodingExists(encoding))
    throw invalidOption(
      `--encoding ${encoding}`,
      'it is not known; expected for example utf-8, utf-16le or windows-1252',
    )
}

/** Stands in a text for bytes that are no text: a lone surrogate, which no valid text has. */
export const INVALID_BYTES = '\udc80'

/** The text of a file, piece by piece, without its byte order mark. */
export async function* decodeText(
  bytes: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<string> {
  const decoder = isUtf8Name(encoding) ? new Utf8Pieces() : new IconvPieces(encoding)
  let isFirst = true
  for await (const part of bytes) {
    const text = decoder.push(part)
    if (text === '') continue
    yield isFirst ? text.replace(/^\ufeff/, '') : text
    isFirst = false
  }
  const rest = decoder.finish()
  if (rest !== '') yield isFirst ? rest.replace(/^\ufeff/, '') : rest
}

/** The same bytes in UTF-8: those of a file in UTF-8 as they stand, whatever they are. */
export async function* toUtf8(
  bytes: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  if (isUtf8Name(encoding)) yield* bytes
  else for await (const text of decodeText(bytes, encoding)) yield Buffer.from(text)
}

export function isUtf8Name(encoding: string): boolean {
  return /^utf-?8$/i.test(encoding)
}

class IconvPieces {
  readonly #decoder: ReturnType<typeof iconv.getDecoder>
  readonly #isWide: boolean

  constructor(encoding: string) {
    this.#decoder = iconv.getDecoder(encoding, { stripBOM: false })
    this.#isWide = /^utf|^ucs/i.test(encoding)
  }

  push(bytes: Uint8Array): string {
    return this.#marked(this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)))
  }

  finish(): string {
    return this.#marked(this.#decoder.end() ?? '')
  }

  /** In 8 bits there is no U+FFFD: it stands for bytes that the encoding does not have. */
  #marked(text: string): string {
    return this.#isWide ? text : text.replaceAll('\ufffd', INVALID_BYTES)
  }
}

const NEWLINE = 0x0a

class Utf8Pieces {
  #rest: Uint8Array = new Uint8Array()

  push(part: Uint8Array): string {
    const bytes = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part])
    const end = wholeCharacters(bytes)
    this.#rest = bytes.slice(end)
    return utf8Text(bytes.subarray(0, end))
  }

  finish(): string {
    return utf8Text(this.#rest)
  }
}

/** Where the last character begins if it is not complete; otherwise the length. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!
    if (byte < 0x80) return bytes.length
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return length > back ? bytes.length - back : bytes.length
    }
  }
  return bytes.length
}

/** Invalid bytes become a mark; each line is looked at by itself, so that the others keep every character. */
function utf8Text(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isUtf8(buffer)) return buffer.toString()
  const lines: string[] = []
  for (let start = 0; start < buffer.length; ) {
    const newline = buffer.indexOf(NEWLINE, start)
    const end = newline < 0 ? buffer.length : newline + 1
    const line = buffer.subarray(start, end)
    lines.push(isUtf8(line) ? line.toString() : line.toString().replaceAll('\ufffd', INVALID_BYTES))
    start = end
  }
  return lines.join('')
}
