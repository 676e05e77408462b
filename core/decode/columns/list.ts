import type { ListValues } from '../../model/column-batch.ts'
import type { EventText } from '../event-text.ts'
import { INVALID_JSON, WRONG_TYPE } from '../faults.ts'
import { CLOSE_BRACKET, COMMA, OPEN_BRACKET, skipNull, skipSpace } from '../json-scanner.ts'
import type { SchemaColumn } from '../schema-column.ts'
import type { Column, InnerFault } from './column.ts'

const NO_OFFSETS = new Uint32Array(0)
const LETTER_N = 0x6e
const MIN_ELEMENTS = 16

/** JSON arrays: their elements, one list behind the other, are the rows of a column of their own. */
export class ListColumn implements Column {
  readonly #elements: SchemaColumn
  #offsets: Uint32Array = NO_OFFSETS
  #rows = 0
  /** Elements read so far, those of a refused event among them until the next list is read. */
  #count = 0
  #capacity = 0
  inner: InnerFault | undefined

  constructor(elements: SchemaColumn) {
    this.#elements = elements
  }

  begin(rows: number): void {
    this.#rows = rows
    this.#offsets = new Uint32Array(rows + 1)
    this.#count = 0
    this.#capacity = Math.max(MIN_ELEMENTS, rows)
    this.#elements.begin(this.#capacity)
  }

  grow(rows: number): void {
    const offsets = new Uint32Array(rows + 1)
    offsets.set(this.#offsets)
    this.#offsets = offsets
    this.#rows = rows
  }

  read(text: EventText, at: number, row: number): number {
    const { bytes } = text
    this.inner = undefined
    if (bytes[at] !== OPEN_BRACKET) return WRONG_TYPE
    const start = this.#offsets[row]!
    if (this.#count !== start) this.#forgetFrom(start)
    let i = skipSpace(bytes, at + 1)
    if (bytes[i] === CLOSE_BRACKET) return this.#end(row, i)
    for (;;) {
      const next = this.#readElement(text, i)
      if (next < 0) return this.#fault(next, this.#count - start, i)
      this.#count++
      i = skipSpace(bytes, next)
      if (bytes[i] === CLOSE_BRACKET) return this.#end(row, i)
      if (bytes[i] !== COMMA) return INVALID_JSON
      i = skipSpace(bytes, i + 1)
    }
  }

  #readElement(text: EventText, at: number): number {
    if (this.#count === this.#capacity) {
      this.#capacity *= 2
      this.#elements.grow(this.#capacity)
    }
    if (text.bytes[at] !== LETTER_N) return this.#elements.values.read(text, at, this.#count)
    const next = skipNull(text.bytes, at)
    if (next < 0) return INVALID_JSON
    const fault = this.#elements.readAbsent(this.#count)
    return fault < 0 ? fault : next
  }

  #end(row: number, at: number): number {
    this.#offsets[row + 1] = this.#count
    return at + 1
  }

  #fault(fault: number, index: number, at: number): number {
    const { values, definition } = this.#elements
    const { inner } = values
    this.inner = {
      path: `[${index}]${inner?.path ?? ''}`,
      type: inner === undefined ? definition.type : inner.type,
      at: inner?.at ?? at,
    }
    return fault
  }

  #forgetFrom(count: number): void {
    this.#count = count
    this.#elements.truncate(count)
  }

  clear(row: number): void {
    this.#offsets[row + 1] = this.#offsets[row]!
  }

  truncate(rows: number): void {
    this.#rows = rows
    this.#forgetFrom(this.#offsets[rows]!)
  }

  finish(): ListValues {
    const offsets = this.#offsets
    this.#forgetFrom(offsets[this.#rows]!)
    this.#offsets = NO_OFFSETS
    return { layout: 'list', offsets, elements: this.#elements.finish() }
  }
}
