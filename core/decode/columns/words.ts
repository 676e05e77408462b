import { TWO_32 } from '../integer-digits.ts'

/** Writes ±(`high` × 2^32 + `low`), halves unsigned, as 64 bits in two's complement at word `at`. */
export function writeHalves(
  words: Int32Array,
  at: number,
  negative: boolean,
  low: number,
  high: number,
): void {
  if (negative) {
    words[at] = -low
    words[at + 1] = low === 0 ? -high : ~high
  } else {
    words[at] = low
    words[at + 1] = high
  }
}

/** Writes an integer of at most 53 bits, and its sign, as 64 bits in two's complement at word `at`. */
export function writeSafeInteger(words: Int32Array, at: number, value: number): void {
  words[at] = value
  words[at + 1] = Math.floor(value / TWO_32)
}

/** Writes the lower `count` × 32 bits of an integer at word `at`. */
export function writeBigInt(words: Int32Array, at: number, count: number, value: bigint): void {
  for (let k = 0; k < count; k++) words[at + k] = Number(BigInt.asIntN(32, value >> BigInt(32 * k)))
}
