import { utf8Bytes } from '../utf8.ts'

/** Names of a calendar in English, told apart by their first three letters in any case. */
export class CalendarNames {
  readonly #names: readonly Uint8Array[]

  constructor(names: readonly string[]) {
    this.#names = names.map(name => utf8Bytes(name.toLowerCase()))
  }

  /** Which name starts at `at`, in full or by its first three letters, or −1. */
  find(bytes: Uint8Array, at: number): number {
    return this.#names.findIndex(name => matches(name, bytes, at, 3))
  }

  /** The position behind the name number `index`, as far as the text writes it: in full, or its first three letters. */
  end(bytes: Uint8Array, at: number, index: number): number {
    const name = this.#names[index]!
    return matches(name, bytes, at, name.length) ? at + name.length : at + 3
  }
}

function matches(name: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  for (let k = 0; k < length; k++) if ((bytes[at + k]! | 0x20) !== name[k]) return false
  return true
}

export const MONTHS = new CalendarNames([
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
])

export const WEEKDAYS = new CalendarNames([
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
])

/** The zones that RFC 2822 (section 4.3) names, in seconds east of UTC. */
const ZONES: readonly (readonly [name: Uint8Array, seconds: number])[] = Object.entries({
  GMT: 0,
  UTC: 0,
  UT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
}).map(([name, hours]) => [utf8Bytes(name), hours * 3600])

/** Reads the name of a zone of RFC 2822, in capitals. One is used over and over. */
export class ZoneName {
  /** Seconds east of UTC of the last name read. */
  seconds = 0

  /** @returns the position behind the name, or −1 */
  read(bytes: Uint8Array, at: number): number {
    for (const [name, seconds] of ZONES) {
      if (!name.every((byte, k) => bytes[at + k] === byte) || isLetter(bytes[at + name.length]!)) continue
      this.seconds = seconds
      return at + name.length
    }
    return -1
  }
}

export function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
}
