/** Writes Kafka's wire types of flexible request versions, one after the other. */
export class ByteWriter {
  #parts: Buffer[] = []

  int8(value: number): this {
    return this.#push(1, part => part.writeInt8(value))
  }

  int16(value: number): this {
    return this.#push(2, part => part.writeInt16BE(value))
  }

  int32(value: number): this {
    return this.#push(4, part => part.writeInt32BE(value))
  }

  int64(value: number): this {
    return this.#push(8, part => part.writeBigInt64BE(BigInt(value)))
  }

  unsignedVarint(value: number): this {
    const bytes: number[] = []
    let rest = value
    for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
    this.#parts.push(Buffer.from([...bytes, rest]))
    return this
  }

  compactBytes(bytes: Buffer): this {
    this.unsignedVarint(bytes.length + 1)
    this.#parts.push(bytes)
    return this
  }

  compactString(value: string): this {
    return this.compactBytes(Buffer.from(value, 'utf8'))
  }

  compactArray<T>(values: readonly T[], write: (writer: this, value: T) => void): this {
    this.unsignedVarint(values.length + 1)
    for (const value of values) write(this, value)
    return this
  }

  /** A UUID given as Kafka prints it, in URL-safe base64. */
  uuid(text: string): this {
    this.#parts.push(Buffer.from(text, 'base64url'))
    return this
  }

  noTags(): this {
    return this.unsignedVarint(0)
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #push(sizeBytes: number, write: (part: Buffer) => void): this {
    const part = Buffer.alloc(sizeBytes)
    write(part)
    this.#parts.push(part)
    return this
  }
}
