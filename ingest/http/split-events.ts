import { TwofoldError } from '../../core/model/errors.ts'

/** How the events of a body stand: one JSON value (an event or an array of them), or one event a line. */
export type BodyForm = 'json' | 'lines'

const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * Cuts a body into its events: slices of the very bytes that were sent, so that no number loses a digit.
 * Only what separates events is looked at; whether each slice is valid JSON is for the decoder to say. A body that
 * the decoder accepts slice by slice is valid as a whole. White space around events, and empty lines, are dropped.
 *
 * @throws BODY_INVALID where an array is not closed, not separated by commas, or followed by something
 * @throws BODY_TOO_LARGE where there are more than `maxEvents`
 */
export function splitEvents(body: Uint8Array, form: BodyForm, maxEvents: number): Uint8Array[] {
  const start = skipSpace(body, 0)
  if (start === body.length) return []
  if (form === 'lines') return splitLines(body, maxEvents)
  return body[start] === OPEN_BRACKET ? splitArray(body, start, maxEvents) : [trim(body, start, body.length)]
}

/** The form of a body whose sender does not say: lines, where a first object is followed by something else. */
export function sniffForm(body: Uint8Array): BodyForm {
  const start = skipSpace(body, 0)
  if (body[start] !== OPEN_BRACE) return body[start] === OPEN_BRACKET ? 'json' : 'lines'
  const end = findEnd(body, start + 1, 1)
  return end === body.length || skipSpace(body, end + 1) === body.length ? 'json' : 'lines'
}

function splitLines(body: Uint8Array, maxEvents: number): Uint8Array[] {
  const events: Uint8Array[] = []
  for (let start = 0; start < body.length; ) {
    const newline = body.indexOf(NEWLINE, start)
    const end = newline < 0 ? body.length : newline
    const event = trim(body, start, end)
    if (event.length > 0) push(events, event, maxEvents)
    start = end + 1
  }
  return events
}

function splitArray(body: Uint8Array, open: number, maxEvents: number): Uint8Array[] {
  const events: Uint8Array[] = []
  let at = skipSpace(body, open + 1)
  if (body[at] === CLOSE_BRACKET) {
    assertNothingFollows(body, at)
    return events
  }
  for (;;) {
    const end = findEnd(body, at, 0)
    if (end === body.length) throw invalid('the array is not closed', end)
    const event = trim(body, at, end)
    if (event.length === 0) throw invalid('a value is missing', end)
    push(events, event, maxEvents)
    if (body[end] === CLOSE_BRACKET) {
      assertNothingFollows(body, end)
      return events
    }
    if (body[end] !== COMMA) throw invalid('a brace closes what was not opened', end)
    at = skipSpace(body, end + 1)
  }
}

/**
 * From inside `depth` containers: the position of the bracket that closes the outermost, or, for depth 0, of the
 * comma or bracket behind the value at hand; the body's length where there is none. Strings are passed over.
 */
function findEnd(body: Uint8Array, at: number, depth: number): number {
  let level = depth
  for (let i = at; i < body.length; i++) {
    switch (body[i]) {
      case QUOTE:
        i = closingQuote(body, i + 1)
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        level++
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (level === 0 || (--level === 0 && depth === 1)) return i
        break
      case COMMA:
        if (level === 0) return i
    }
  }
  return body.length
}

function closingQuote(body: Uint8Array, at: number): number {
  let i = at
  while (i < body.length && body[i] !== QUOTE) i += body[i] === BACKSLASH ? 2 : 1
  return i
}

function push(events: Uint8Array[], event: Uint8Array, maxEvents: number): void {
  if (events.length === maxEvents) {
    const message = `The body has more than ${maxEvents} events; nothing of it was taken in.`
    throw new TwofoldError('BODY_TOO_LARGE', message, { details: { maxEvents } })
  }
  events.push(event)
}

function assertNothingFollows(body: Uint8Array, closing: number): void {
  const next = skipSpace(body, closing + 1)
  if (next !== body.length) throw invalid('something follows the array', next)
}

function invalid(what: string, at: number): TwofoldError {
  const message = `The body is not a JSON array of events: ${what}, at byte ${at}; nothing of it was taken in.`
  return new TwofoldError('BODY_INVALID', message, { details: { byte: at } })
}

function trim(body: Uint8Array, start: number, end: number): Uint8Array {
  const first = Math.min(skipSpace(body, start), end)
  let last = end
  while (last > first && isSpace(body[last - 1])) last--
  return body.subarray(first, last)
}

/** A byte order mark at the beginning belongs to the body, not to its first event. */
function skipSpace(body: Uint8Array, at: number): number {
  let i =
    at === 0 && BYTE_ORDER_MARK.every((byte, index) => body[index] === byte) ? BYTE_ORDER_MARK.length : at
  while (i < body.length && isSpace(body[i])) i++
  return i
}

function isSpace(byte: number | undefined): boolean {
  return byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB
}
