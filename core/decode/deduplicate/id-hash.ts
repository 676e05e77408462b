/**
 * The 128-bit hash by which ids are told apart: MurmurHash3_x86_128 with the seed 0, by Austin Appleby (public domain).
 * Of the ids of a window of a million offsets, two fall together with a probability of 10^-27; forgers it does not keep
 * off, who could as well send somebody's id.
 */
export class IdHash {
  /** The four words of the hash of the bytes last given, signed: so they are integers to the machine, too. */
  a = 0
  b = 0
  c = 0
  d = 0

  /** Hashes `bytes[start … end)`. */
  of(bytes: Uint8Array, start: number, end: number): void {
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    let at = start
    for (; at + BLOCK_BYTES <= end; at += BLOCK_BYTES) {
      a ^= mixA(wordAt(bytes, at))
      a = (Math.imul((rotateLeft(a, 19) + b) | 0, 5) + 0x561ccd1b) | 0
      b ^= mixB(wordAt(bytes, at + 4))
      b = (Math.imul((rotateLeft(b, 17) + c) | 0, 5) + 0x0bcaa747) | 0
      c ^= mixC(wordAt(bytes, at + 8))
      c = (Math.imul((rotateLeft(c, 15) + d) | 0, 5) + 0x96cd1c35) | 0
      d ^= mixD(wordAt(bytes, at + 12))
      d = (Math.imul((rotateLeft(d, 13) + a) | 0, 5) + 0x32ac3b17) | 0
    }
    if (at < end) a ^= mixA(restAt(bytes, at, end))
    if (at + 4 < end) b ^= mixB(restAt(bytes, at + 4, end))
    if (at + 8 < end) c ^= mixC(restAt(bytes, at + 8, end))
    if (at + 12 < end) d ^= mixD(restAt(bytes, at + 12, end))
    this.#finish(a, b, c, d, end - start)
  }

  #finish(a: number, b: number, c: number, d: number, length: number): void {
    this.#join(a ^ length, b ^ length, c ^ length, d ^ length)
    this.#join(avalanche(this.a), avalanche(this.b), avalanche(this.c), avalanche(this.d))
  }

  /** Each word takes in all others. */
  #join(a: number, b: number, c: number, d: number): void {
    this.a = (a + b + c + d) | 0
    this.b = (b + this.a) | 0
    this.c = (c + this.a) | 0
    this.d = (d + this.a) | 0
  }
}

const BLOCK_BYTES = 16
const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

function mixA(word: number): number {
  return Math.imul(rotateLeft(Math.imul(word, C1), 15), C2)
}

function mixB(word: number): number {
  return Math.imul(rotateLeft(Math.imul(word, C2), 16), C3)
}

function mixC(word: number): number {
  return Math.imul(rotateLeft(Math.imul(word, C3), 17), C4)
}

function mixD(word: number): number {
  return Math.imul(rotateLeft(Math.imul(word, C4), 18), C1)
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

/** The word at `at` of which only the bytes below `end` are there. */
function restAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end) return wordAt(bytes, at)
  let word = 0
  for (let index = at; index < Math.min(at + 4, end); index++) word |= bytes[index]! << (8 * (index - at))
  return word
}

function avalanche(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
