import { MINUS, NINE, SPACE, ZERO } from '../json-scanner.ts'
import { utf8Bytes } from '../utf8.ts'
import { ClockText } from './clock-text.ts'
import { MONTHS, WEEKDAYS, ZoneName } from './names.ts'

/** What the directives of a pattern have read of a text. */
export interface PatternFields {
  year: number
  month: number
  day: number
  /** 1 … 366, or 0 where the pattern has none. */
  dayOfYear: number
  /** 0 is Sunday; −1 where the pattern has none. */
  weekday: number
  hour: number
  /** 0 for AM and 1 for PM; −1 where the pattern has none. */
  half: number
  minute: number
  second: number
  micros: number
  /** Seconds east of UTC, or `undefined` where the text states none. */
  offset: number | undefined
  /** Seconds since 1970, or `undefined` where the pattern has none. */
  epoch: number | undefined
}

/** Reads what stands at `at`. Answers with the position behind it, or with −1. */
export type PatternStep = (bytes: Uint8Array, at: number, into: PatternFields) => number

const clock = new ClockText()
const zoneName = new ZoneName()

/** What stands for several directives. */
const SHORT_FORMS: Readonly<Record<string, string>> = {
  '%F': '%Y-%m-%d',
  '%D': '%m/%d/%y',
  '%T': '%H:%M:%S',
  '%R': '%H:%M',
}

const DIRECTIVES: Readonly<Record<string, PatternStep>> = {
  Y: number('year', 4, 4, 0, 9999),
  y: (bytes, at, into) => {
    const next = YEAR_OF_CENTURY(bytes, at, into)
    if (next >= 0) into.year += into.year < 69 ? 2000 : 1900
    return next
  },
  m: number('month', 1, 2, 1, 12),
  d: number('day', 1, 2, 1, 31),
  e: (bytes, at, into) => DAY(bytes, bytes[at] === SPACE ? at + 1 : at, into),
  j: number('dayOfYear', 1, 3, 1, 366),
  H: number('hour', 1, 2, 0, 23),
  I: number('hour', 1, 2, 1, 12),
  M: number('minute', 1, 2, 0, 59),
  S: number('second', 1, 2, 0, 60),
  f: (bytes, at, into) => {
    const next = clock.readFraction(bytes, at)
    into.micros = clock.value
    return next
  },
  b: name(MONTHS, 'month', 1),
  B: name(MONTHS, 'month', 1),
  h: name(MONTHS, 'month', 1),
  a: name(WEEKDAYS, 'weekday', 0),
  A: name(WEEKDAYS, 'weekday', 0),
  p: (bytes, at, into) => {
    const letter = bytes[at]! | 0x20
    if ((letter !== 0x61 && letter !== 0x70) || (bytes[at + 1]! | 0x20) !== 0x6d) return -1
    into.half = letter === 0x61 ? 0 : 1
    return at + 2
  },
  z: (bytes, at, into) => {
    const next = clock.readOffset(bytes, at)
    into.offset = clock.value
    return next
  },
  Z: (bytes, at, into) => {
    const next = zoneName.read(bytes, at)
    into.offset = zoneName.seconds
    return next
  },
  s: (bytes, at, into) => {
    const negative = bytes[at] === MINUS
    const next = EPOCH(bytes, negative ? at + 1 : at, into)
    if (negative && next >= 0) into.epoch = -into.epoch!
    return next
  },
}

const YEAR_OF_CENTURY = number('year', 2, 2, 0, 99)
const DAY = DIRECTIVES['d']!
const EPOCH = number('epoch', 1, 12, 0, Number.MAX_SAFE_INTEGER)

/** What sets the same as another directive; a pattern has one of each. */
const MEANING: Readonly<Record<string, string>> = {
  ...{ Y: 'year', y: 'year', m: 'month', b: 'month', B: 'month', h: 'month', d: 'day', e: 'day' },
  ...{ j: 'day of the year', a: 'weekday', A: 'weekday', H: 'hour', I: 'hour', M: 'minute', S: 'second' },
  ...{ f: 'fraction', p: 'half of the day', z: 'zone', Z: 'zone', s: 'epoch' },
}

/** Compiles a pattern that `patternFault` finds nothing wrong with. */
export function patternSteps(pattern: string): PatternStep[] {
  const tokens = tokensOf(pattern)
  return tokens.map(token => {
    // A sign before whole seconds would hold for the fraction too, which is another directive.
    if (token === '%s' && tokens.includes('%f')) return EPOCH
    if (token.startsWith('%') && token !== '%%') return DIRECTIVES[token.slice(1)]!
    return token.startsWith(' ') ? spaces : literal(utf8Bytes(token === '%%' ? '%' : token))
  })
}

/** Whether a text of the pattern states its zone, or needs none. */
export function statesZone(pattern: string): boolean {
  return tokensOf(pattern).some(token => token === '%z' || token === '%Z' || token === '%s')
}

/** Why a pattern names no instant, or `undefined` where it does. */
export function patternFault(pattern: string): string | undefined {
  if (!isPlain(pattern)) return 'quotes, backslashes and control characters cannot stand in it'
  const tokens = tokensOf(pattern)
  const seen = new Set<string>()
  for (const token of tokens) {
    if (!token.startsWith('%') || token === '%%') continue
    const meaning = MEANING[token.slice(1)]
    if (meaning === undefined) return `${token} is no directive it knows`
    if (seen.has(meaning)) return `it reads the ${meaning} twice`
    seen.add(meaning)
  }
  const has = (...meanings: string[]) => meanings.every(meaning => seen.has(meaning))
  if (has('epoch')) {
    const others = [...seen].filter(meaning => meaning !== 'epoch' && meaning !== 'fraction')
    return others.length === 0
      ? undefined
      : `%s is all of an instant; it cannot have a ${others[0]} beside it`
  }
  if (!has('year', 'month', 'day') && !has('year', 'day of the year'))
    return 'it does not say which day: that takes a year (%Y or %y) with month and day, or with %j'
  if (has('day of the year') && (has('month') || has('day'))) return 'it reads the day twice'
  if (tokens.includes('%I') !== has('half of the day')) return '%I and %p only go together'
  return undefined
}

/** What stands for itself must do so in the bytes of a JSON string, which has no lone surrogates. */
function isPlain(pattern: string): boolean {
  return JSON.stringify(pattern) === `"${pattern}"`
}

/** Directives, runs of spaces, and what stands for itself. */
function tokensOf(pattern: string): string[] {
  // `%-d` writes no leading zero; read, it is the same as `%d`.
  const whole = pattern
    .replace(/%-(?=[a-zA-Z])/g, '%')
    .replace(/%[FDTR%]/g, token => SHORT_FORMS[token] ?? token)
  return whole.match(/%.?| +|[^% ]+/gsu) ?? []
}

function number(
  field: 'year' | 'month' | 'day' | 'dayOfYear' | 'hour' | 'minute' | 'second' | 'epoch',
  minDigits: number,
  maxDigits: number,
  min: number,
  max: number,
): PatternStep {
  return (bytes, at, into) => {
    let value = 0
    let i = at
    for (let c = bytes[i]!; c >= ZERO && c <= NINE && i < at + maxDigits; c = bytes[++i]!)
      value = value * 10 + (c - ZERO)
    if (i < at + minDigits || value < min || value > max) return -1
    into[field] = value
    return i
  }
}

function name(names: typeof MONTHS, field: 'month' | 'weekday', first: number): PatternStep {
  return (bytes, at, into) => {
    const index = names.find(bytes, at)
    if (index < 0) return -1
    into[field] = index + first
    return names.end(bytes, at, index)
  }
}

function literal(text: Uint8Array): PatternStep {
  return (bytes, at) => {
    for (let k = 0; k < text.length; k++) if (bytes[at + k] !== text[k]) return -1
    return at + text.length
  }
}

/** A space in a pattern stands for one or more. */
function spaces(bytes: Uint8Array, at: number): number {
  let i = at
  while (bytes[i] === SPACE) i++
  return i > at ? i : -1
}
