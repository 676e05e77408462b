import type { FileFormat, FileOptions } from '../../ingest/file/file-options.ts'
import { invalidOption } from '../../ingest/file/file-options.ts'

/** The flags that say how a file is read, as the command line gives them. */
export interface FileFlags {
  readonly format?: FileFormat
  readonly encoding?: string
  readonly entry?: string
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  readonly skipLines?: number
  readonly header?: boolean
  readonly columns?: string
  readonly null?: readonly string[]
  readonly decimal?: string
  readonly thousands?: string
  readonly map?: readonly string[]
  readonly records?: string
}

/** Signs that are hard to type, by their names. */
const SIGNS: Readonly<Record<string, string>> = {
  ...{ tab: '\t', '\\t': '\t', space: ' ', comma: ',', semicolon: ';', pipe: '|', point: '.', dot: '.' },
  ...{ none: '', backslash: '\\' },
}

/** @throws FILE_OPTION_INVALID for a mapping that is none */
export function fileOptions(flags: FileFlags): FileOptions {
  const { format, encoding, entry, skipLines, header, columns, records } = flags
  const signs = { delimiter: flags.delimiter, quote: flags.quote, escape: flags.escape }
  const numbers = { decimal: flags.decimal, thousands: flags.thousands }
  return {
    ...defined({ format, encoding, entry, skipLines, header, records, nulls: flags.null }),
    ...defined(
      Object.fromEntries(Object.entries({ ...signs, ...numbers }).map(([name, text]) => [name, sign(text)])),
    ),
    ...(columns !== undefined && { columns: columns.split(',').map(name => name.trim()) }),
    ...(flags.map !== undefined && { map: Object.fromEntries(flags.map.map(pair)) }),
  }
}

function sign(text: string | undefined): string | undefined {
  return text !== undefined && Object.hasOwn(SIGNS, text) ? SIGNS[text] : text
}

function pair(text: string): [string, string] {
  const at = text.lastIndexOf('=')
  if (at <= 0 || at === text.length - 1)
    throw invalidOption(
      `--map ${JSON.stringify(text)}`,
      'expected the file’s name and the stream’s, as "Order Date=ts"',
    )
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Without what is `undefined`. */
function defined<T extends object>(values: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
