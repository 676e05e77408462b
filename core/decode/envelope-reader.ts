import { isUtf8 } from 'node:buffer'
import type { ColumnKind, ColumnType } from '../model/column-type.ts'
import type { EnvelopeSource } from '../model/stream.ts'
import type { Rejection } from '../model/verdict.ts'
import type { DecodableRecord } from './decoder.ts'
import { EventText } from './event-text.ts'
import { INVALID_JSON, INVALID_VALUE, MISSING_FIELD, reasonOf, WRONG_TYPE } from './faults.ts'
import { BACKSLASH, MINUS, OPEN_BRACE, QUOTE, SPACE, ZERO } from './json-scanner.ts'
import { describe, rejection } from './rejection.ts'
import type { ColumnDeclaration, SchemaColumn } from './schema-column.ts'
import { timeHint } from './time-hint.ts'

/** What Kafka writes for a record of a format that had no timestamps. */
const NO_TIMESTAMP_MS = -1
const SHOWN_BYTES = 24

/**
 * Reads the columns of a stream that stand in the record around its value. Keys and headers are bytes: they are read as
 * the text of a value, which is what would stand in the event, without quotes.
 */
export class EnvelopeReader {
  readonly #columns: readonly EnvelopeColumn[]

  /** @param columns those with a source in the envelope */
  constructor(columns: readonly SchemaColumn[]) {
    this.#columns = columns.map(column => ({
      column,
      from: column.definition.from!,
      isQuoted: isQuoted(column.definition.type as ColumnType),
      mayBeObject: mayBeObject(column.definition.type as ColumnType),
    }))
  }

  /** Fills `row`. Answers with the first fault, in the order of the schema. */
  read(record: DecodableRecord, partition: number, row: number): Rejection | undefined {
    for (const { column, from, isQuoted, mayBeObject } of this.#columns) {
      const bytes = bytesOf(from, record, partition)
      const isText = isQuoted && !(mayBeObject && bytes?.[0] === OPEN_BRACE)
      const fault = bytes === undefined ? column.readAbsent(row) : this.#read(column, isText, bytes, row)
      if (fault < 0) return explain(column.definition, fault, bytes)
    }
    return undefined
  }

  readonly #text = new EventText(256)

  #read({ values }: SchemaColumn, isQuoted: boolean, bytes: Uint8Array, row: number): number {
    if (isQuoted && !isUtf8(bytes)) return INVALID_VALUE
    const text = this.#text
    text.load(isQuoted ? quoted(bytes) : bytes)
    const next = values.read(text, 0, row)
    if (next === text.end) return next
    return next >= 0 || next === WRONG_TYPE || next === INVALID_JSON ? INVALID_VALUE : next
  }
}

interface EnvelopeColumn {
  readonly column: SchemaColumn
  readonly from: EnvelopeSource
  readonly isQuoted: boolean
  /** Whether what begins with a brace is an object rather than a text. */
  readonly mayBeObject: boolean
}

/** The value as text, or `undefined` where the record has none. */
function bytesOf(from: EnvelopeSource, record: DecodableRecord, partition: number): Uint8Array | undefined {
  switch (from.part) {
    case 'timestamp': {
      const { timestampMs = NO_TIMESTAMP_MS } = record
      return timestampMs === NO_TIMESTAMP_MS ? undefined : digitsOf(timestampMs)
    }
    case 'key':
      return record.key ?? undefined
    case 'partition':
      return digitsOf(partition)
    case 'offset':
      return digitsOf(record.offset ?? 0)
    case 'header':
      return record.headers?.findLast(({ name }) => name === from.name)?.value ?? undefined
  }
}

/** More digits than 64 bits have, and a sign. */
const digits = new Uint8Array(24)

/** An integer as text, until the next call. */
function digitsOf(integer: number): Uint8Array {
  let rest = Math.abs(integer)
  let at = digits.length
  do {
    const tens = Math.floor(rest / 10)
    digits[--at] = ZERO + (rest - 10 * tens)
    rest = tens
  } while (rest > 0)
  if (integer < 0) digits[--at] = MINUS
  return digits.subarray(at)
}

/** Text as a JSON string. */
function quoted(bytes: Uint8Array): Uint8Array {
  const end = bytes.length + 1
  const text = new Uint8Array(end + 1)
  text[0] = QUOTE
  for (let i = 1; i < end; i++) {
    const c = bytes[i - 1]!
    if (c < SPACE || c === QUOTE || c === BACKSLASH) return Buffer.from(JSON.stringify(utf8(bytes)))
    text[i] = c
  }
  text[end] = QUOTE
  return text
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

function explain(column: ColumnDeclaration, fault: number, bytes: Uint8Array | undefined): Rejection {
  const { name, type, from } = column
  const reason = reasonOf(fault)
  if (fault === MISSING_FIELD)
    return rejection(reason, name, `"${name}" is required, and the record has no ${sourceName(from!)}.`)
  const scalar = type as ColumnType
  const detail = `"${name}" is read from the record's ${sourceName(from!)} and must be the text of ${describe(scalar)}; found ${shown(bytes!)}${timeHint(scalar, bytes!)}.`
  return rejection(reason, name, detail)
}

/** As it follows "the record's". */
function sourceName(from: EnvelopeSource): string {
  return from.part === 'header' ? `header ${JSON.stringify(from.name)}` : from.part
}

/** Text where it is one that can be read, hexadecimal digits otherwise. */
function shown(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'no bytes'
  const text = utf8(bytes.subarray(0, 4 * SHOWN_BYTES))
  const isPlain = isUtf8(bytes) && !/\p{Cc}/u.test(text)
  if (isPlain)
    return JSON.stringify(text.length > 2 * SHOWN_BYTES ? `${text.slice(0, 2 * SHOWN_BYTES)}…` : text)
  const hex = Buffer.from(bytes.subarray(0, SHOWN_BYTES)).toString('hex')
  return `the ${bytes.length} bytes ${hex}${bytes.length > SHOWN_BYTES ? '…' : ''}`
}

function mayBeObject(type: ColumnType): boolean {
  return (
    type.kind === 'timestamp' &&
    'formats' in type &&
    type.formats.some(name => name === 'mongo' || name === 'auto')
  )
}

/** Whether a value of the type may stand in quotes in an event. */
function isQuoted(type: ColumnType): boolean {
  return QUOTED[type.kind](type as never)
}

const QUOTED: { readonly [K in ColumnKind]: (type: Extract<ColumnType, { kind: K }>) => boolean } = {
  string: () => true,
  text: () => true,
  bool: () => false,
  int32: () => false,
  int64: () => false,
  uint64: () => false,
  float64: () => false,
  decimal: () => false,
  timestamp: type => 'formats' in type || type.format === 'rfc3339',
  date: () => true,
  uuid: () => true,
  enum: () => true,
}
