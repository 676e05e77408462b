import { type Readable, Transform } from 'node:stream'
import { parseError } from '@clickhouse/client'

/** ClickHouse cuts the message of a late exception to 16 KiB; its frame adds a few lines. */
const LATE_EXCEPTION_AT_MOST_BYTES = 17 * 1024

/** What ends the body of an answer that failed on the way: this mark, a random tag, the message, its length. */
const LATE_EXCEPTION = /__exception__\r?\n\w+\r?\n(?<exception>[\s\S]*)/

/**
 * Passes on an answer that is sent as it comes into being. If ClickHouse fails on the way, it breaks the
 * connection off, and the stream ends in the error that `describe` makes of ClickHouse's own message: what was
 * read before is then void.
 */
export function checkedStream(source: Readable, describe: (cause: unknown) => Error): Readable {
  let tail: Buffer = Buffer.alloc(0)
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      tail = lastBytes(chunk.length < LATE_EXCEPTION_AT_MOST_BYTES ? Buffer.concat([tail, chunk]) : chunk)
      done(null, chunk)
    },
  })
  source.once('error', cause => checked.destroy(describe(lateException(tail) ?? cause)))
  checked.once('close', () => source.destroy())
  return source.pipe(checked)
}

function lateException(tail: Buffer): Error | undefined {
  const text = LATE_EXCEPTION.exec(tail.toString('utf8'))?.groups?.['exception']
  return text === undefined ? undefined : parseError(text)
}

function lastBytes(buffer: Buffer): Buffer {
  return buffer.subarray(-LATE_EXCEPTION_AT_MOST_BYTES)
}
