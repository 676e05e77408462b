import { AliasedValues } from './aliased-values.ts'
import type { InnerFault } from './columns/column.ts'
import { EventText } from './event-text.ts'
import { DUPLICATE_KEY, INVALID_JSON, MISSING_FIELD, WRONG_TYPE } from './faults.ts'
import { buildFieldTree, type ElementFields, type Field, type FieldSet } from './field-tree.ts'
import { findMember, indexOfText } from './find-member.ts'
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  SPACE,
  skipName,
  skipNull,
  skipSpace,
  skipString,
  skipValue,
} from './json-scanner.ts'
import { hasEscape, unescapeString } from './json-string.ts'
import type { SchemaColumn } from './schema-column.ts'

const LETTER_N = 0x6e

/**
 * Reads one event after the other into the schema's columns, in one pass over its bytes. What it keeps from event
 * to event (the likely order of names) saves time and changes no result.
 */
export class EventReader {
  readonly #root: FieldSet
  readonly #columns: readonly SchemaColumn[]
  /** Per field, the number of the last event of the batch that had it: nothing to reset between events. */
  readonly #seen: Int32Array
  readonly #aliased: AliasedValues
  readonly #text = new EventText(4096)
  /** Whether nothing of an event is read: it need only be one. */
  readonly #isEmpty: boolean
  #event = 0
  /** How many columns the event at hand has filled. */
  #filled = 0

  /** The column or the dotted path that the last fault concerns; `undefined` where it concerns none. */
  faultName: string | undefined
  /** The position of that column in the schema, or −1. */
  faultColumn = -1
  /** Where the value at fault stands, or −1 where it is absent. */
  faultAt = -1
  /** Where in that value the fault stands, if it is in a part of it. */
  faultInner: InnerFault | undefined
  /** Whether what is at fault should be a list on the way to columns. */
  faultIsOfList = false

  constructor(columns: readonly SchemaColumn[]) {
    const tree = buildFieldTree(columns)
    this.#root = tree.root
    this.#columns = columns
    this.#isEmpty = columns.length === 0
    this.#seen = new Int32Array(tree.fieldCount)
    this.#aliased = new AliasedValues(columns.length, tree.aliases)
  }

  /** Starts a batch. */
  begin(): void {
    this.#event = 0
    this.#seen.fill(0)
    this.#aliased.begin()
  }

  /** Reads an event into `row`. Answers with a fault, or with a number that is not negative. */
  read(event: Uint8Array, row: number): number {
    this.#event++
    this.#filled = 0
    this.faultName = undefined
    this.faultColumn = -1
    const text = this.#text
    text.load(event)
    const { bytes } = text
    const start = skipSpace(bytes, 0)
    if (bytes[start] !== OPEN_BRACE) return INVALID_JSON
    const next = this.#isEmpty
      ? skipMembers(bytes, start)
      : this.#readObject(this.#root, text, start + 1, row, 1)
    if (next < 0) return next
    if (skipSpace(bytes, next) !== text.end) return INVALID_JSON
    return this.#filled === this.#columns.length ? 0 : this.#fillAbsent(text, row)
  }

  /**
   * Reads an object inside of an event, from its opening brace to behind its closing one, with all that must be there.
   *
   * @param depth how deep its members stand
   */
  readObject(text: EventText, at: number, row: number, depth: number): number {
    this.#event++
    this.#filled = 0
    this.faultName = undefined
    this.faultColumn = -1
    const next = this.#readObject(this.#root, text, at + 1, row, depth)
    if (next < 0 || this.#filled === this.#columns.length) return next
    const fault = this.#fillAbsent(text, row)
    return fault < 0 ? fault : next
  }

  /** Reads the members of an object, from behind its opening brace to behind its closing one. */
  #readObject(set: FieldSet, text: EventText, at: number, row: number, depth: number): number {
    const { bytes } = text
    let previous: Field | undefined
    let i = bytes[at]! <= SPACE ? skipSpace(bytes, at) : at
    if (bytes[i] === CLOSE_BRACE) return i + 1
    for (;;) {
      const likely: Field = previous === undefined ? set.likelyFirst : previous.likelyNext
      let field: Field | undefined
      if (likely.token.isAt(text.view, i)) {
        field = likely
        i += likely.token.sizeBytes
        if (bytes[i]! <= SPACE) i = skipSpace(bytes, i)
      } else {
        const name = i
        i = skipName(bytes, name)
        if (i < 0) return INVALID_JSON
        field = findField(set, bytes, name)
        if (field !== undefined) {
          if (previous === undefined) set.likelyFirst = field
          else previous.likelyNext = field
        }
      }
      if (field === undefined) {
        i = skipValue(bytes, i, depth)
        if (i < 0) return INVALID_JSON
      } else {
        i = this.#readField(field, text, i, row, depth)
        if (i < 0) return i
        previous = field
      }
      if (bytes[i]! <= SPACE) i = skipSpace(bytes, i)
      const c = bytes[i++]
      if (c === CLOSE_BRACE) return i
      if (c !== COMMA) return INVALID_JSON
      if (bytes[i]! <= SPACE) i = skipSpace(bytes, i)
    }
  }

  #readField(field: Field, text: EventText, at: number, row: number, depth: number): number {
    if (this.#seen[field.id] === this.#event) return this.#fault(DUPLICATE_KEY, field, at)
    this.#seen[field.id] = this.#event
    const { values } = field
    if (text.bytes[at] === LETTER_N) return this.#readNull(field, text, at, row)
    if (values === undefined) {
      if (field.members === undefined && field.elements === undefined)
        return this.#noteAlias(field, text, at, depth)
      return this.#readInner(field, text, at, row, depth)
    }
    const next = values.read(text, at, row)
    if (next < 0) return this.#fault(next, field, at, values.inner)
    this.#filled++
    return next
  }

  #readInner(field: Field, text: EventText, at: number, row: number, depth: number): number {
    if (field.elements !== undefined) return this.#readElements(field, field.elements, text, at, row, depth)
    if (text.bytes[at] !== OPEN_BRACE) return this.#fault(WRONG_TYPE, field, at)
    return this.#readObject(field.members!, text, at + 1, row, depth + 1)
  }

  /** Reads the elements of a list that the schema knows, and passes over all others. */
  #readElements(
    field: Field,
    elements: ElementFields,
    text: EventText,
    at: number,
    row: number,
    depth: number,
  ): number {
    const { bytes } = text
    if (bytes[at] !== OPEN_BRACKET) return this.#fault(WRONG_TYPE, field, at)
    let i = skipSpace(bytes, at + 1)
    if (bytes[i] === CLOSE_BRACKET) return i + 1
    for (let index = 0; ; index++) {
      const next = this.#readElement(elements, index, text, i, row, depth + 1)
      if (next < 0) return next
      i = skipSpace(bytes, next)
      if (bytes[i] === CLOSE_BRACKET) return i + 1
      if (bytes[i] !== COMMA) return INVALID_JSON
      i = skipSpace(bytes, i + 1)
    }
  }

  #readElement(
    { byIndex, byKey }: ElementFields,
    index: number,
    text: EventText,
    at: number,
    row: number,
    depth: number,
  ): number {
    const end = skipValue(text.bytes, at, depth)
    if (end < 0) return INVALID_JSON
    const indexed = byIndex.get(index)
    if (indexed !== undefined) {
      const next = this.#readField(indexed, text, at, row, depth)
      if (next < 0) return next
    }
    for (let k = 0; k < byKey.length; k++) {
      const { key, texts, fields } = byKey[k]!
      const keyAt = findMember(text.bytes, at, key)
      const keyed = keyAt < 0 ? undefined : fields[indexOfText(texts, text.bytes, keyAt)]
      // The first element of a text counts.
      if (keyed === undefined || this.#seen[keyed.id] === this.#event) continue
      const next = this.#readField(keyed, text, at, row, depth)
      if (next < 0) return next
    }
    return end
  }

  /** What stands at an alias counts only where the column's own place has nothing: the event's end tells. */
  #noteAlias(field: Field, text: EventText, at: number, depth: number): number {
    const next = skipValue(text.bytes, at, depth)
    if (next < 0) return INVALID_JSON
    this.#aliased.note(field.id, this.#event, at)
    return next
  }

  /** A null says the same as no member at all; in place of an object it says so of all that would be inside. */
  #readNull(field: Field, text: EventText, at: number, row: number): number {
    const next = skipNull(text.bytes, at)
    if (next < 0) return INVALID_JSON
    if (field.values === undefined) return next
    if (this.#aliased.has(field.id)) {
      this.#aliased.noteNull(field.id, this.#event)
      return next
    }
    const fault = this.#columns[field.id]!.readAbsent(row)
    if (fault < 0) return this.#fault(fault, field, at)
    this.#filled++
    return next
  }

  #fillAbsent(text: EventText, row: number): number {
    for (let k = 0; k < this.#columns.length; k++) {
      // A column's field has the column's number. The null of one that has aliases was left for now.
      if (this.#seen[k] === this.#event && !this.#aliased.wasNull(k, this.#event)) continue
      const column = this.#columns[k]!
      const at = this.#aliased.find(k, this.#event)
      const next = at < 0 ? column.readAbsent(row) : column.values.read(text, at, row)
      if (next >= 0) continue
      this.faultName = column.definition.name
      this.faultColumn = k
      this.faultAt = at
      this.faultInner = at < 0 ? undefined : column.values.inner
      return at < 0 ? MISSING_FIELD : next
    }
    return 0
  }

  #fault(fault: number, field: Field, at: number, inner?: InnerFault): number {
    this.faultName = field.name
    this.faultColumn = field.values === undefined ? -1 : field.id
    this.faultAt = at
    this.faultInner = inner
    this.faultIsOfList = field.elements !== undefined
    return fault
  }
}

/** Passes over an object. Answers with the position behind it, or with a fault. */
function skipMembers(bytes: Uint8Array, at: number): number {
  const next = skipValue(bytes, at, 0)
  return next < 0 ? INVALID_JSON : next
}

/** The field that a member's name, with its opening quote at `at`, stands for. */
function findField(set: FieldSet, bytes: Uint8Array, at: number): Field | undefined {
  const next = skipString(bytes, at)
  let position = -1
  if (hasEscape(bytes, at + 1, next)) {
    const name = unescapeString(bytes, at, next)
    if (name !== undefined) position = set.index.find(name, 0, name.length - 1)
  } else position = set.index.find(bytes, at + 1, next - 1)
  return position < 0 ? undefined : set.fields[position]
}
