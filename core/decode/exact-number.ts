import { skipNumber } from './json-scanner.ts'

/** A JSON number of any length without loss: ±`digits` × 10^`exponent`; `digits` is empty for zero. */
export interface ExactNumber {
  readonly negative: boolean
  /** Significant digits: no zero at either end. */
  readonly digits: string
  readonly exponent: number
  /** The position behind the number. */
  readonly next: number
}

const PARTS = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Reads the number at `at`, or answers `undefined` where none stands. */
export function readExactNumber(bytes: Uint8Array, at: number): ExactNumber | undefined {
  const next = skipNumber(bytes, at)
  if (next < 0) return undefined
  const [, sign, whole, fraction = '', exponent = '0'] = PARTS.exec(asciiText(bytes, at, next))!
  const all = `${whole}${fraction}`
  let first = 0
  while (all[first] === '0') first++
  let end = all.length
  while (end > first && all[end - 1] === '0') end--
  return {
    negative: sign === '-',
    digits: all.slice(first, end),
    // An exponent beyond 2^53 loses digits here, but no sense: the value fits no type, or is zero.
    exponent: Number(exponent) - fraction.length + (all.length - end),
    next,
  }
}

/** The text of bytes that are known to be ASCII. */
export function asciiText(bytes: Uint8Array, from: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('latin1')
}

/**
 * The magnitude of `number` × 10^`scale`, where that is an integer of at most `maxDigits` digits; `undefined`
 * where it is not.
 */
export function scaledMagnitude(number: ExactNumber, scale: number, maxDigits: number): bigint | undefined {
  if (number.digits === '') return 0n
  const zeros = number.exponent + scale
  if (zeros < 0 || number.digits.length + zeros > maxDigits) return undefined
  return BigInt(number.digits + '0'.repeat(zeros))
}
