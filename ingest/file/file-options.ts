import { TwofoldError } from '../../core/model/errors.ts'

export type FileFormat = 'csv' | 'ndjson' | 'json' | 'parquet'

/** What the user says of a file. What is left out is found in the file, and told. */
export interface FileOptions {
  readonly format?: FileFormat
  /** A name that iconv knows, as `utf-8`, `utf-16le` or `windows-1252`. */
  readonly encoding?: string
  /** The file inside a zip. */
  readonly entry?: string
  /** One character. */
  readonly delimiter?: string
  /** One character; empty where quotes are characters like others. */
  readonly quote?: string
  /** What stands before a quote inside quotes: the quote itself by default. */
  readonly escape?: string
  /** Lines before the header, which are passed over. */
  readonly skipLines?: number
  readonly header?: boolean
  /** The names of the file's columns, in order. */
  readonly columns?: readonly string[]
  /** Cells that are null, whatever the column. */
  readonly nulls?: readonly string[]
  readonly decimal?: string
  /** The character between groups of three digits; empty where there is none. */
  readonly thousands?: string
  /** Column of the file → column of the stream. */
  readonly map?: Readonly<Record<string, string>>
  /** JSON: where the list of events stands, as `data.items`; empty where the file is a list or one event after another. */
  readonly records?: string
}

/** What a file was found to be: all that decides how it is read. Plain data, to be told before anything is produced. */
export interface FileReading {
  readonly format: FileFormat
  readonly container?: 'gzip' | 'zip'
  /** The file inside the zip. */
  readonly entry?: string
  readonly encoding?: string
  readonly delimiter?: string
  readonly quote?: string
  readonly escape?: string
  readonly skipLines?: number
  readonly header?: boolean
  readonly nulls?: readonly string[]
  /** Cells that are null in columns that are no texts. */
  readonly nullsOfValues?: readonly string[]
  readonly decimal?: string
  readonly thousands?: string
  /** JSON: where the list of events stands. */
  readonly records?: string
  /** The columns of a table in their order, each with the column of the stream it belongs to. */
  readonly columns?: readonly MappedColumn[]
}

export interface MappedColumn {
  readonly file: string
  /** `null` where the stream has none: it is kept in the event under its own name. */
  readonly column: string | null
}

/** @throws FILE_OPTION_INVALID where an option has a value that no file can be read with */
export function assertFileOptions(options: FileOptions): void {
  const { delimiter, quote, decimal, thousands } = options
  const characters = { delimiter, quote, escape: options.escape, decimal, thousands }
  for (const [name, value] of Object.entries(characters)) {
    const mayBeEmpty = name === 'quote' || name === 'thousands'
    if (value === undefined || (value === '' && mayBeEmpty)) continue
    if (value.length !== 1 || /[\r\n\d]/.test(value))
      throw invalidOption(`--${name} ${JSON.stringify(value)}`, 'expected one character that is no digit')
  }
  const separators = Object.entries({ delimiter, quote, decimal }).filter(([, value]) => value)
  const twice = separators.find(
    ([name, value]) => name !== 'decimal' && value === (name === 'quote' ? delimiter : quote),
  )
  if (twice !== undefined)
    throw invalidOption(`--${twice[0]} ${twice[1]}`, 'delimiter and quote are the same')
  if (decimal !== undefined && decimal === thousands)
    throw invalidOption(`--thousands ${thousands}`, 'it is the decimal sign already')
}

export function invalidOption(option: string, why: string): TwofoldError {
  return new TwofoldError('FILE_OPTION_INVALID', `${option}: ${why}.`, { details: { option } })
}
