const TAB = 0x09
const NEWLINE = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** What may come next, outside of the values themselves. */
type Expected = 'key' | 'colon' | 'value' | 'comma' | 'element' | 'element-comma' | 'nothing'

/**
 * Cuts JSON that comes in pieces into its events: the very bytes that stand there, so that no number loses a digit.
 * The events are the elements of the list at a path (of the document itself, where the path is empty), or one value
 * after another. Only what separates events is looked at: whether each is valid, the decoder says. An event that is
 * longer than the limit is cut to it, and nothing else is kept, so memory stays flat.
 */
export class JsonElements {
  readonly #path: readonly string[] | undefined
  readonly #maxBytes: number
  #expected: Expected
  /** How many names of the path lead to where reading is. */
  #level = 0
  /** Objects around it. */
  #depth = 0
  #wasFound = false
  #value:
    | { readonly isKept: boolean; depth: number; isText: boolean; isEscaped: boolean; isKey: boolean }
    | undefined
  #kept: Uint8Array[] = []
  #keptBytes = 0

  /** @param path where the list stands; `undefined` for one value after another */
  constructor(path: readonly string[] | undefined, maxBytes: number) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#expected = path === undefined ? 'element' : 'value'
  }

  /** @throws Error where the text is not what the path says */
  push(bytes: Uint8Array): Uint8Array[] {
    const elements: Uint8Array[] = []
    for (let at = 0; at < bytes.length; )
      at = this.#value === undefined ? this.#step(bytes, at) : this.#inside(bytes, at, elements)
    return elements
  }

  /** @throws Error where the list is not closed, or was not found */
  finish(): Uint8Array[] {
    if (this.#path === undefined) return this.#value === undefined ? [] : [this.#take()]
    if (!this.#wasFound) throw new Error(`there is no list at ${this.#place()}`)
    if (this.#expected !== 'nothing')
      throw new Error(`the list at ${this.#place()} is not closed: the file is cut off`)
    return []
  }

  #place(): string {
    return this.#path === undefined || this.#path.length === 0
      ? 'the top'
      : JSON.stringify(this.#path.join('.'))
  }

  /** What stands between values. */
  #step(bytes: Uint8Array, at: number): number {
    const c = bytes[at]!
    if (c === SPACE || c === NEWLINE || c === RETURN || c === TAB) return at + 1
    switch (this.#expected) {
      case 'element':
        if (c === CLOSE_BRACKET && this.#path !== undefined) return this.#endList(at)
        return this.#begin(at, true)
      case 'element-comma':
        if (c === COMMA) this.#expected = 'element'
        else if (c === CLOSE_BRACKET) return this.#endList(at)
        else throw new Error(`a comma is missing between two elements of the list at ${this.#place()}`)
        return at + 1
      case 'value':
        return this.#beginValue(c, at)
      case 'key':
        if (c === CLOSE_BRACE) return this.#endObject(at)
        if (c !== QUOTE) throw new Error('a key is missing in an object')
        return this.#begin(at, true, true)
      case 'colon':
        if (c !== COLON) throw new Error('a colon is missing in an object')
        this.#expected = 'value'
        return at + 1
      case 'comma':
        if (c === CLOSE_BRACE) return this.#endObject(at)
        if (c !== COMMA) throw new Error('a comma is missing in an object')
        this.#expected = 'key'
        return at + 1
      case 'nothing':
        throw new Error('something follows the end of the document')
    }
  }

  /** A value on the way to the list: the list, an object around it, or one that is passed over. */
  #beginValue(c: number, at: number): number {
    const path = this.#path!
    if (this.#level < this.#depth) return this.#begin(at, false)
    if (this.#level === path.length) {
      if (c !== OPEN_BRACKET) throw new Error(`there is no list at ${this.#place()}`)
      this.#wasFound = true
      this.#expected = 'element'
      return at + 1
    }
    if (c !== OPEN_BRACE) throw new Error(`there is no list at ${this.#place()}`)
    this.#depth++
    this.#expected = 'key'
    return at + 1
  }

  #endList(at: number): number {
    this.#closed()
    return at + 1
  }

  #endObject(at: number): number {
    this.#depth--
    this.#closed()
    return at + 1
  }

  /** Behind a container: what follows belongs to the object around it, which is one name up. */
  #closed(): void {
    if (this.#depth === 0) this.#expected = 'nothing'
    else {
      this.#level = this.#depth - 1
      this.#expected = 'comma'
    }
  }

  #begin(at: number, isKept: boolean, isKey = false): number {
    this.#value = { isKept, depth: 0, isText: false, isEscaped: false, isKey }
    return at
  }

  /** Reads on in a value until it ends or the bytes do. */
  #inside(bytes: Uint8Array, start: number, elements: Uint8Array[]): number {
    const value = this.#value!
    let { depth, isText, isEscaped } = value
    for (let i = start; i < bytes.length; i++) {
      const c = bytes[i]!
      if (isText) {
        if (isEscaped) isEscaped = false
        else if (c === BACKSLASH) isEscaped = true
        else if (c === QUOTE) {
          isText = false
          if (depth === 0) return this.#end(bytes, start, i + 1, elements)
        }
      } else if (c === QUOTE) isText = true
      else if (c === OPEN_BRACE || c === OPEN_BRACKET) depth++
      else if (c === CLOSE_BRACE || c === CLOSE_BRACKET) {
        if (depth === 0 && !(i === start && this.#keptBytes === 0 && this.#path === undefined))
          return this.#end(bytes, start, i, elements)
        if (--depth <= 0) return this.#end(bytes, start, i + 1, elements)
      } else if (depth === 0 && (c === COMMA || c === SPACE || c === NEWLINE || c === RETURN || c === TAB)) {
        // A comma where a value should be is a value of its own, which the decoder refuses.
        return this.#end(bytes, start, this.#path === undefined && c === COMMA ? i + 1 : i, elements)
      }
    }
    value.depth = depth
    value.isText = isText
    value.isEscaped = isEscaped
    if (value.isKept) this.#keep(bytes.subarray(start))
    return bytes.length
  }

  #end(bytes: Uint8Array, start: number, end: number, elements: Uint8Array[]): number {
    const { isKept, isKey } = this.#value!
    if (isKept) this.#keep(bytes.subarray(start, end))
    if (!isKept) {
      this.#value = undefined
      this.#expected = 'comma'
      return end
    }
    const isEmpty = this.#keptBytes === 0
    const taken = this.#take()
    if (isKey) this.#enter(taken)
    else {
      if (isEmpty) throw new Error(`an element is missing in the list at ${this.#place()}`)
      elements.push(taken)
      this.#expected = this.#path === undefined ? 'element' : 'element-comma'
    }
    return end
  }

  #enter(key: Uint8Array): void {
    let name: unknown
    try {
      name = JSON.parse(Buffer.from(key).toString())
    } catch {
      throw new Error('a key of an object is no text')
    }
    if (!this.#wasFound && name === this.#path![this.#depth - 1]) this.#level = this.#depth
    else this.#level = this.#depth - 1
    this.#expected = 'colon'
  }

  #keep(bytes: Uint8Array): void {
    const part = bytes.subarray(0, this.#maxBytes - this.#keptBytes)
    if (part.length === 0) return
    this.#kept.push(part)
    this.#keptBytes += part.length
  }

  #take(): Uint8Array {
    const whole = this.#kept.length === 1 ? this.#kept[0]! : Buffer.concat(this.#kept)
    this.#kept = []
    this.#keptBytes = 0
    this.#value = undefined
    return whole
  }
}
