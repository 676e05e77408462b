import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { decompress as unzstd } from 'fzstd'
import createSnappy from 'kafkajs-snappy'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { TwofoldError } from '../../../model/errors.ts'
import type { Codec, WritableCodec } from '../driver.ts'

interface Compression {
  /** The number that stands in the attributes of a record batch. */
  readonly number: number
  decompress(bytes: Buffer): Promise<Buffer>
}

interface WritableCompression extends Compression {
  compress(bytes: Buffer): Promise<Buffer>
}

const snappy = createSnappy()

const WRITABLE: { readonly [codec in WritableCodec]: WritableCompression } = {
  gzip: { number: 1, compress: promisify(gzip), decompress: promisify(gunzip) },
  // It reads the frames of Java's producers as well as bare blocks; plain snappyjs knows only the latter.
  snappy: { number: 2, compress: bytes => snappy.compress({ buffer: bytes }), decompress: snappy.decompress },
  lz4: { number: 3, compress: compressFrame, decompress: decompressFrame },
}

/** zstd is only read: there is no compressor for it without native code to build. */
const READABLE: { readonly [codec in Codec]: Compression } = {
  ...WRITABLE,
  zstd: { number: 4, decompress: async bytes => asBuffer(unzstd(bytes)) },
}

export const READABLE_CODECS = Object.keys(READABLE) as readonly Codec[]

/**
 * The uncompressed records of a batch, by the number of its codec.
 *
 * @throws CODEC_UNREADABLE where it is none of Kafka's four
 */
export async function decompress(number: number, bytes: Buffer): Promise<Buffer> {
  const compression = Object.values(READABLE).find(candidate => candidate.number === number)
  if (compression !== undefined) return compression.decompress(bytes)
  throw new TwofoldError('CODEC_UNREADABLE', `its compression codec has the unknown number ${number}`)
}

/** The records of a batch as they are sent, with the number of the codec: 0 for none. */
export async function compress(
  codec: WritableCodec | undefined,
  bytes: Buffer,
): Promise<{ number: number; bytes: Buffer }> {
  if (codec === undefined) return { number: 0, bytes }
  const { number, compress } = WRITABLE[codec]
  return { number, bytes: await compress(bytes) }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
