import type { FileOptions, FileReading } from '../../ingest/file/file-options.ts'
import { NumberText } from '../../ingest/file/number-text.ts'
import { openFileSource } from '../../ingest/file/open-file-source.ts'
import { ColumnProfile, type SeenValue } from './column-profile.ts'

export interface FileProfile {
  readonly reading: FileReading
  /** Rows looked at, and whether they are all there are. */
  readonly rows: number
  readonly isWhole: boolean
  /** In the order in which they first appear. */
  readonly columns: readonly ColumnProfile[]
}

/** Enough to know types and rare values by, and read in seconds. */
const MAX_ROWS = 200_000
const MAX_COLUMNS = 500
/** A string of JSON, or a number. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
/** Marks a number that was made a string, so that it keeps its digits; no JSON text holds it unescaped. */
const NUMBER_MARK = '\u0000'

/**
 * Reads a file and describes its columns: the members of its events, those of objects inside by their path. Lists, and
 * what is no object at all, are passed over.
 *
 * @throws FILE_UNREADABLE, FILE_FORMAT_UNKNOWN, FILE_OPTION_INVALID
 */
export async function profileFile(path: string, options: FileOptions): Promise<FileProfile> {
  const source = await openFileSource(path, undefined, options)
  try {
    const { reading } = source
    const numbers =
      reading.format === 'csv'
        ? new NumberText({ decimal: reading.decimal!, thousands: reading.thousands! })
        : undefined
    const columns = new Map<string, ColumnProfile>()
    const columnAt = (at: readonly string[]): ColumnProfile | undefined => {
      const key = JSON.stringify(at)
      if (!columns.has(key) && columns.size < MAX_COLUMNS) columns.set(key, new ColumnProfile(at, numbers))
      return columns.get(key)
    }
    let rows = 0
    for await (const { values } of source.batches(0, MAX_ROWS)) {
      for (const value of values) {
        const event = parseExactly(Buffer.from(value).toString())
        if (event === undefined) continue
        rows++
        visit(event, [], (at, seen) => {
          const column = columnAt(at)
          if (seen !== undefined) column?.see(seen)
        })
      }
    }
    return { reading, rows, isWhole: rows < MAX_ROWS, columns: [...columns.values()] }
  } finally {
    await source.close()
  }
}

/** The object that a text holds, with its numbers as marked strings, digit by digit; `undefined` where it is none. */
function parseExactly(text: string): object | undefined {
  const marked = text.replace(TOKENS, token => (token.startsWith('"') ? token : `"\\u0000${token}"`))
  try {
    const value: unknown = JSON.parse(marked)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function visit(
  object: object,
  path: readonly string[],
  see: (path: readonly string[], value: SeenValue | undefined) => void,
): void {
  for (const [name, value] of Object.entries(object) as [string, unknown][]) {
    const at = [...path, name]
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) visit(value, at, see)
    else see(at, value === null ? undefined : seenValue(value))
  }
}

function seenValue(value: unknown): SeenValue {
  if (typeof value === 'boolean') return { kind: 'bool', text: String(value) }
  if (typeof value !== 'string') return { kind: 'other', text: '' }
  return value.startsWith(NUMBER_MARK)
    ? { kind: 'number', text: value.slice(1) }
    : { kind: 'text', text: value }
}
