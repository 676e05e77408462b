/** Finds a range of bytes among fixed byte strings: an event's names among the schema's, a value in an enum. */
export class ByteStringIndex {
  readonly #strings: readonly Uint8Array[]
  readonly #mask: number
  /** Positions in `strings`, by the lower bits of their hash. */
  readonly #buckets: readonly (readonly number[])[]

  /** The strings are different from one another. */
  constructor(strings: readonly Uint8Array[]) {
    this.#strings = strings
    const size = 2 ** Math.ceil(Math.log2(2 * strings.length + 1))
    this.#mask = size - 1
    const buckets: number[][] = Array.from({ length: size }, () => [])
    strings.forEach((string, k) => {
      buckets[hashOf(string, 0, string.length) & this.#mask]!.push(k)
    })
    this.#buckets = buckets
  }

  /** The position of the string that equals `bytes[from … end)`, or −1. */
  find(bytes: Uint8Array, from: number, end: number): number {
    const bucket = this.#buckets[hashOf(bytes, from, end) & this.#mask]!
    for (let k = 0; k < bucket.length; k++) {
      const candidate = bucket[k]!
      const string = this.#strings[candidate]!
      if (string.length === end - from && startsWith(bytes, from, string)) return candidate
    }
    return -1
  }
}

/** Whether `bytes` goes on with `prefix` at `at`. */
export function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let k = 0; k < prefix.length; k++) if (bytes[at + k] !== prefix[k]) return false
  return true
}

/** FNV-1a, with its upper bits brought down to where the mask looks. */
function hashOf(bytes: Uint8Array, from: number, end: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  return hash ^ (hash >>> 15)
}
