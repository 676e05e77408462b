import { isUtf8 } from 'node:buffer'
import type { Framing } from '../model/stream.ts'
import type { Rejection } from '../model/verdict.ts'
import { type EventText, textOf } from './event-text.ts'
import { findMember } from './find-member.ts'
import { CLOSE_BRACKET, COMMA, OPEN_BRACE, OPEN_BRACKET, skipSpace, skipValue } from './json-scanner.ts'
import { explain, rejection } from './rejection.ts'

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The events of a record's value, byte by byte as they stand there; or why it cannot be taken apart. */
export type Unframed = readonly Uint8Array[] | Rejection

/**
 * Takes a record's value apart into its events. What each of them is, is the decoder's to say: here a list need only be
 * JSON, and lines need only be lines.
 */
export function unframe(framing: Framing, value: Uint8Array): Unframed {
  return framing.kind === 'lines' ? linesOf(value) : elementsOf(framing.path, value)
}

/** The value of a record that holds this one event. The event is a JSON object. */
export function frame(framing: Framing, event: Uint8Array): Uint8Array {
  // No string of JSON holds a line's end: they stand between tokens.
  if (framing.kind === 'lines')
    return event.map(byte => (byte === LINE_FEED || byte === CARRIAGE_RETURN ? 0x20 : byte))
  const [open, close] = surroundingsOf(framing.path)
  return Buffer.concat([Buffer.from(open), event, Buffer.from(close)])
}

/** Bytes that `frame` puts around an event. */
export function frameBytes(framing: Framing): number {
  return framing.kind === 'lines' ? 0 : Buffer.byteLength(surroundingsOf(framing.path).join(''))
}

function surroundingsOf(path: readonly string[]): [open: string, close: string] {
  const open = path.map(key => `{${JSON.stringify(key)}:`).join('')
  return [`${open}[`, `]${'}'.repeat(path.length)}`]
}

/** Lines that hold more than blanks. */
function linesOf(value: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0; start < value.length; ) {
    const found = value.indexOf(LINE_FEED, start)
    const end = found < 0 ? value.length : found
    const line = value.subarray(start, value[end - 1] === CARRIAGE_RETURN && end > start ? end - 1 : end)
    if (line.some(byte => byte !== 0x20 && byte !== 0x09 && byte !== CARRIAGE_RETURN)) lines.push(line)
    start = end + 1
  }
  return lines
}

function elementsOf(path: readonly string[], value: Uint8Array): Unframed {
  const text = textOf(value)
  const { bytes, end } = text
  const start = skipSpace(bytes, 0)
  const stop = skipValue(bytes, start, 0)
  if (stop < 0 || skipSpace(bytes, stop) !== end) return unreadable(value, text)
  let at = start
  for (const [index, key] of path.entries()) {
    const name = path.slice(0, index + 1).join('.')
    if (bytes[at] !== OPEN_BRACE) return wrong(name, 'an object around it')
    at = findMember(bytes, at, Buffer.from(key))
    if (at < 0)
      return rejection(
        'missing_field',
        name,
        `The record must have a list of events at "${path.join('.')}", and has no "${name}".`,
      )
  }
  if (bytes[at] !== OPEN_BRACKET) return wrong(path.join('.'), 'a list of events')
  return listed(text, at)
}

function listed({ bytes }: EventText, at: number): Uint8Array[] {
  const elements: Uint8Array[] = []
  let i = skipSpace(bytes, at + 1)
  while (bytes[i] !== CLOSE_BRACKET) {
    const next = skipValue(bytes, i, 0)
    elements.push(bytes.subarray(i, next))
    i = skipSpace(bytes, next)
    if (bytes[i] === COMMA) i = skipSpace(bytes, i + 1)
  }
  return elements
}

function wrong(name: string, what: string): Rejection {
  const place = name === '' ? 'The record must be' : `The record must have at "${name}"`
  return rejection('wrong_type', name === '' ? undefined : name, `${place} ${what}.`)
}

function unreadable(value: Uint8Array, { end }: EventText): Rejection {
  const fault = { fault: -1, field: undefined, expected: undefined, at: 0 }
  if (end === 0 || value[0] === 0 || !isUtf8(value)) return explain(value, fault)
  return rejection(
    'invalid_json',
    undefined,
    'The record is not one JSON value: its events cannot be told apart.',
  )
}
