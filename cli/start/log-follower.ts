import { closeSync, copyFileSync, fstatSync, openSync, readSync, statSync, truncateSync } from 'node:fs'
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'

const ROTATES_AT_BYTES = 10 * 2 ** 20
const CHUNK_BYTES = 64 * 1024
/** The same message of one layer is shown once in this time: one that repeats for ever must not hide the others. */
const REPEATED_AFTER_MS = 30_000

/**
 * Follows the log file of a child: hands on warnings and errors, one line each, and starts the file anew when it has
 * grown large. What was there before is passed over.
 */
export class LogFollower {
  readonly #path: string
  readonly #onLine: (line: string) => void
  readonly #shownAtMs = new Map<string, number>()
  #position: number
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path
    this.#onLine = onLine
    this.#position = sizeOf(path)
  }

  /** Reads what is new. */
  poll(): void {
    const size = sizeOf(this.#path)
    // Another file has taken the name: the child was started anew on a log that had grown large.
    if (size < this.#position) this.#position = 0
    if (size > this.#position) this.#read(size)
    if (size > ROTATES_AT_BYTES) this.#rotate()
  }

  #read(size: number): void {
    const descriptor = openSync(this.#path, 'r')
    try {
      const end = Math.min(size, fstatSync(descriptor).size)
      const chunk = Buffer.alloc(CHUNK_BYTES)
      while (this.#position < end) {
        const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.#position)
        if (length === 0) break
        this.#position += length
        this.#take(this.#decoder.write(chunk.subarray(0, length)))
      }
    } finally {
      closeSync(descriptor)
    }
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop()!
    for (const line of lines) this.#show(line)
  }

  /** Anything else than a log's line is what Node or a library had to say: it stays in the file. */
  #show(line: string): void {
    const entry = parse(line)
    if (entry === undefined || (entry.level !== 'warn' && entry.level !== 'error')) return
    const nowMs = performance.now()
    const shownAtMs = this.#shownAtMs.get(entry.message)
    if (shownAtMs !== undefined && nowMs - shownAtMs < REPEATED_AFTER_MS) return
    this.#shownAtMs.set(entry.message, nowMs)
    const cause = entry.error === undefined ? '' : `: ${String(entry.error).split('\n')[0]}`
    this.#onLine(`${entry.level} ${entry.layer}: ${entry.message}${cause} (${basename(this.#path)})`)
  }

  /** The child writes at the file's end, wherever that is: so the content moves, not the file. */
  #rotate(): void {
    copyFileSync(this.#path, `${this.#path}.1`)
    truncateSync(this.#path)
    this.#position = 0
  }
}

interface Entry {
  readonly level: string
  readonly layer: string
  readonly message: string
  readonly error?: unknown
}

function parse(line: string): Entry | undefined {
  try {
    const entry = JSON.parse(line) as Entry
    return typeof entry?.message === 'string' ? entry : undefined
  } catch {
    return undefined
  }
}

/** A file that cannot be looked at is empty, for whatever reason: whoever needs it tells why. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}
