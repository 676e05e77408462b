/** Reads Kafka's wire types one after the other. Reading beyond the end raises a RangeError. */
export class ByteReader {
  readonly bytes: Buffer
  position: number

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes
    this.position = position
  }

  int8(): number {
    return this.bytes.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#advance(4))
  }

  /** Exact up to 2^53, which no offset, producer id or timestamp of a real log exceeds. */
  int64(): number {
    const at = this.#advance(8)
    return this.bytes.readInt32BE(at) * 2 ** 32 + this.bytes.readUInt32BE(at + 4)
  }

  unsignedVarint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.position++]
      if (byte === undefined) throw new RangeError('a number reaches beyond the end of the bytes')
      if (byte < 128) return value + byte * scale
      value += (byte - 128) * scale
    }
  }

  /** A zigzag-encoded number, also one of 64 bits. */
  varint(): number {
    const zigzag = this.unsignedVarint()
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  }

  /** The next `sizeBytes` bytes, as a view; `null` where the size is negative, as Kafka writes null. */
  view(sizeBytes: number): Buffer | null {
    if (sizeBytes < 0) return null
    const start = this.pass(sizeBytes)
    return this.bytes.subarray(start, this.position)
  }

  /** Passes over the next `sizeBytes` bytes, none where that is negative; answers where they begin. */
  pass(sizeBytes: number): number {
    const start = this.#advance(Math.max(0, sizeBytes))
    if (this.position > this.bytes.length) throw new RangeError('a value reaches beyond the end of the bytes')
    return start
  }

  compactBytes(): Buffer | null {
    return this.view(this.unsignedVarint() - 1)
  }

  compactString(): string | null {
    return this.compactBytes()?.toString('utf8') ?? null
  }

  /** An array with the length ahead, as flexible versions of requests write it; null reads as empty. */
  compactArray<T>(read: (reader: this) => T): T[] {
    const length = this.unsignedVarint() - 1
    return Array.from({ length: Math.max(0, length) }, () => read(this))
  }

  /** A UUID as Kafka prints it: 22 characters of URL-safe base64. */
  uuid(): string {
    return this.view(16)!.toString('base64url')
  }

  /** Passes over tagged fields: additions to the protocol that Twofold has no use for. */
  skipTags(): void {
    for (let count = this.unsignedVarint(); count > 0; count--) {
      this.unsignedVarint()
      this.view(this.unsignedVarint())
    }
  }

  #advance(sizeBytes: number): number {
    const start = this.position
    this.position += sizeBytes
    return start
  }
}
