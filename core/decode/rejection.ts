import { isUtf8 } from 'node:buffer'
import type { ColumnKind, ColumnType, ElementType } from '../model/column-type.ts'
import type { QuarantineReason, Rejection } from '../model/verdict.ts'
import type { InnerFault } from './columns/column.ts'
import { type EventText, textOf } from './event-text.ts'
import { DUPLICATE_KEY, MISSING_FIELD, reasonOf } from './faults.ts'
import { MAX_DEPTH, OPEN_BRACE, skipSpace, skipValue, TOO_DEEP } from './json-scanner.ts'
import { describeTimestamp, timeHint } from './time-hint.ts'

const MAX_DETAIL_LENGTH = 300
const MAX_EXCERPT_LENGTH = 60

/** A fault as the event reader found it. */
export interface FieldFault {
  readonly fault: number
  /** The column, or the dotted path of an object; `undefined` where it concerns neither. */
  readonly field: string | undefined
  /** What should stand there; `undefined` for an object, and `list` for any list, on the way to columns. */
  readonly expected: ElementType | 'list' | undefined
  /** Where the value stands, or −1 where there is none. */
  readonly at: number
  /** Where in the value the fault stands, if it is in a part of it. */
  readonly inner?: InnerFault | undefined
}

/**
 * What is wrong with an event that the reader refused. The graver fault is named, wherever it stands: not UTF-8, then
 * not JSON or too deep, then the first field at fault, then the first that is absent.
 */
export function explain(event: Uint8Array, found: FieldFault): Rejection {
  if (isRegistryFrame(event)) return explainRegistryFrame(event)
  if (!isUtf8(event)) return rejection('invalid_utf8', undefined, 'The event is not valid UTF-8.')
  const text = textOf(event)
  return explainStructure(text) ?? explainField(text.bytes, found)
}

/** What serializers for a schema registry write ahead of the value: a zero byte, then the schema's id in four. */
const REGISTRY_HEAD_BYTES = 5

/** Registries number from 1. What is larger is no such number: text in UTF-16 begins with a zero byte, too. */
const MAX_REGISTRY_ID = 0xff_ffff

/** No JSON begins with a zero byte. */
function isRegistryFrame(event: Uint8Array): boolean {
  if (event.length < REGISTRY_HEAD_BYTES || event[0] !== 0) return false
  const id = registryId(event)
  return id > 0 && id <= MAX_REGISTRY_ID
}

function registryId(event: Uint8Array): number {
  return new DataView(event.buffer, event.byteOffset, REGISTRY_HEAD_BYTES).getUint32(1)
}

function explainRegistryFrame(event: Uint8Array): Rejection {
  const id = registryId(event)
  const inside = event[REGISTRY_HEAD_BYTES] === OPEN_BRACE ? 'JSON' : 'Avro or Protobuf'
  return rejection(
    'schema_registry',
    undefined,
    `The value is framed for a schema registry (schema id ${id}, ${inside} behind it); events are plain JSON. Set the producer's value serializer to one that writes JSON without a registry.`,
  )
}

/** A rejection with its sentence cut to the length that verdicts allow. */
export function rejection(reason: QuarantineReason, field: string | undefined, detail: string): Rejection {
  return { reason, field, detail: clip(detail, MAX_DETAIL_LENGTH) }
}

function explainStructure({ bytes, end }: EventText): Rejection | undefined {
  if (end === 0) return rejection('invalid_json', undefined, 'The event is empty.')
  const start = skipSpace(bytes, 0)
  const stop = bytes[start] === OPEN_BRACE ? skipValue(bytes, start, 0) : ~start
  if (stop === TOO_DEEP) {
    return rejection('too_deep', undefined, `The event is nested deeper than ${MAX_DEPTH} levels.`)
  }
  const at = stop < 0 ? ~stop : skipSpace(bytes, stop)
  if (stop >= 0 && at === end) return undefined
  const found = at < end ? JSON.stringify(excerpt(bytes, at, end)) : 'the end of the event'
  return rejection(
    'invalid_json',
    undefined,
    `The event is not one JSON object: byte ${at} is not expected: ${found}.`,
  )
}

function explainField(bytes: Uint8Array, { fault, field, expected, at, inner }: FieldFault): Rejection {
  const reason = reasonOf(fault)
  const name = `${field}${inner?.path ?? ''}`
  const place = inner?.at ?? at
  if (fault === MISSING_FIELD)
    return rejection(reason, field, `"${name}" is required, and is ${place < 0 ? 'missing' : 'null'}.`)
  if (fault === DUPLICATE_KEY) return rejection(reason, field, `"${name}" stands in the event twice.`)
  const end = skipValue(bytes, place, 0)
  const type = inner === undefined ? expected : inner.type
  const hint = isScalar(type) ? timeHint(type, bytes.subarray(place, end)) : ''
  const found = `${excerpt(bytes, place, end)}${hint}`
  return rejection(reason, field, `"${name}" must be ${describeAny(type)}; found ${found}.`)
}

function isScalar(type: FieldFault['expected']): type is ColumnType {
  return type !== undefined && type !== 'list' && type.kind !== 'list' && type.kind !== 'struct'
}

function describeAny(expected: FieldFault['expected']): string {
  if (expected === undefined || (expected !== 'list' && expected.kind === 'struct')) return 'an object'
  return expected === 'list' || expected.kind === 'list' ? 'a list' : describe(expected)
}

/** The start of a range for people to read: whole characters, on one line. */
function excerpt(bytes: Uint8Array, from: number, end: number): string {
  const text = new TextDecoder().decode(bytes.subarray(from, Math.min(end, from + 4 * MAX_EXCERPT_LENGTH)))
  return clip(text.replace(/\s+/g, ' '), MAX_EXCERPT_LENGTH)
}

function clip(text: string, length: number): string {
  if (text.length <= length) return text
  const cut = text.slice(0, length - 1)
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`
}

/** What a value of a type is, as it follows "must be". */
export function describe(type: ColumnType): string {
  return EXPECTED[type.kind](type as never)
}

const EXPECTED: { readonly [K in ColumnKind]: (type: Extract<ColumnType, { kind: K }>) => string } = {
  text: () => 'a string, a number, true or false',
  string: () => 'a string of well-formed Unicode',
  bool: () => 'true or false',
  int32: () => 'an integer of 32 bits',
  int64: () => 'an integer of 64 bits',
  uint64: () => 'an integer of 64 bits without sign',
  float64: () => 'a finite number',
  decimal: type => `a decimal of ${type.precision} digits, ${type.scale} of them behind the point`,
  timestamp: describeTimestamp,
  date: () => 'a day as YYYY-MM-DD from 1900 to 2299',
  uuid: () => 'a UUID of 36 characters',
  enum: type => `one of ${clip(type.values.map(value => JSON.stringify(value)).join(', '), 120)}`,
}
