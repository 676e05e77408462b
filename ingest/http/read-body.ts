import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { TwofoldError } from '../../core/model/errors.ts'

const inflate = promisify(gunzip)

/**
 * The body as its sender wrote it before compression. Inflating stops at `maxInflatedBytes`.
 *
 * @param encoding the `content-encoding` header
 * @throws ENCODING_UNSUPPORTED for anything but gzip and identity
 * @throws BODY_INVALID where the gzip data is damaged or cut off
 * @throws BODY_TOO_LARGE where it inflates to more than the limit
 */
export async function readBody(
  body: Uint8Array,
  encoding: string | undefined,
  maxInflatedBytes: number,
): Promise<Uint8Array> {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return body
    case 'gzip':
    case 'x-gzip':
      // An empty body has no gzip header, and no events.
      return body.length === 0 ? body : gunzipWithin(body, maxInflatedBytes)
  }
  throw new TwofoldError(
    'ENCODING_UNSUPPORTED',
    `The body has the content-encoding ${JSON.stringify(encoding)}; only gzip and identity are read.`,
  )
}

async function gunzipWithin(body: Uint8Array, maxOutputLength: number): Promise<Uint8Array> {
  try {
    return await inflate(body, { maxOutputLength })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `The body inflates to more than ${maxOutputLength} bytes; nothing of it was taken in.`
      throw new TwofoldError('BODY_TOO_LARGE', message, { details: { maxInflatedBytes: maxOutputLength } })
    }
    const message = `The body is not valid gzip: ${(cause as Error).message}; nothing of it was taken in.`
    throw new TwofoldError('BODY_INVALID', message, { cause })
  }
}
