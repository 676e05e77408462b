import { gzipSync } from 'node:zlib'
import { goodClick } from '../../support/shop-project.ts'
import type { Refused } from '../running-platform.ts'

/** A body for `POST /v1/events/clicks` of which nothing may be taken in. */
export interface BodyCase {
  readonly what: string
  readonly body: Uint8Array<ArrayBuffer> | string
  readonly headers?: Readonly<Record<string, string>>
  readonly refused: Refused
}

const LINES = { 'content-type': 'application/x-ndjson' }
const GZIP = { 'content-encoding': 'gzip' }
const LINE = `${goodClick()}\n`
const INVALID = { status: 400, code: 'BODY_INVALID' }
const TOO_LARGE = { status: 413, code: 'BODY_TOO_LARGE' }
const MEDIA_TYPE = { status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' }
const ENCODING = { status: 415, code: 'ENCODING_UNSUPPORTED' }

const gzip = (content: string | Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(gzipSync(content))

/** Gzip whose checksum is wrong by a bit. */
function damagedGzip(): Uint8Array<ArrayBuffer> {
  const bytes = gzip(LINE)
  bytes[bytes.length - 6]! ^= 1
  return bytes
}

export const BODY_CASES: readonly BodyCase[] = [
  // Structure
  { what: 'a list that does not end', body: `[${goodClick()},`, refused: { ...INVALID, says: 'not closed' } },
  { what: 'a list with a hole', body: `[${goodClick()},,]`, refused: { ...INVALID, says: 'missing' } },
  { what: 'a list and more', body: `[${goodClick()}] x`, refused: { ...INVALID, says: 'follows' } },
  { what: 'a list closed by a brace', body: `[${goodClick()}}`, refused: { ...INVALID, says: 'brace' } },
  { what: 'a list of levels that never close', body: '['.repeat(1 << 20), refused: INVALID },
  // Compression
  {
    what: 'gzip that is cut off',
    body: gzip(LINE.repeat(50)).slice(0, 60),
    headers: { ...LINES, ...GZIP },
    refused: { ...INVALID, says: 'gzip' },
  },
  { what: 'gzip with a flipped bit', body: damagedGzip(), headers: { ...LINES, ...GZIP }, refused: INVALID },
  {
    what: 'gzip and something behind it',
    body: new Uint8Array([...gzip(LINE), ...Buffer.from('more')]),
    headers: { ...LINES, ...GZIP },
    refused: INVALID,
  },
  { what: 'gzip that is none', body: LINE, headers: { ...LINES, ...GZIP }, refused: INVALID },
  {
    what: 'a gzip bomb',
    body: gzip(Buffer.alloc(100 << 20, ' ')),
    headers: { ...LINES, ...GZIP },
    refused: { ...TOO_LARGE, says: 'inflates' },
  },
  {
    what: 'gzip in gzip',
    body: gzip(gzip(LINE)),
    headers: { ...LINES, 'content-encoding': 'gzip, gzip' },
    refused: ENCODING,
  },
  {
    what: 'brotli',
    body: LINE,
    headers: { ...LINES, 'content-encoding': 'br' },
    refused: { ...ENCODING, says: '"br"' },
  },
  // Size
  {
    what: 'a body too large',
    body: Buffer.alloc((16 << 20) + 1, ' '),
    headers: LINES,
    refused: { ...TOO_LARGE, says: '16777216 bytes' },
  },
  {
    what: 'too many events in a list',
    body: `[${'0,'.repeat(500_000)}0]`,
    refused: { ...TOO_LARGE, says: '500000' },
  },
  {
    what: 'too many events in lines',
    body: '0\n'.repeat(500_001),
    headers: LINES,
    refused: { ...TOO_LARGE, says: '500000' },
  },
  // Type
  {
    what: 'a picture',
    body: LINE,
    headers: { 'content-type': 'image/png' },
    refused: { ...MEDIA_TYPE, says: 'image/png' },
  },
  {
    what: 'a form',
    body: 'a=1',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    refused: MEDIA_TYPE,
  },
  { what: 'no type at all', body: Buffer.from(LINE), headers: { 'content-type': '' }, refused: MEDIA_TYPE },
  { what: 'a type that is none', body: LINE, headers: { 'content-type': '///' }, refused: MEDIA_TYPE },
]
