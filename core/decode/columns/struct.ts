import type { StructValues } from '../../model/column-batch.ts'
import { EventReader } from '../event-reader.ts'
import type { EventText } from '../event-text.ts'
import { WRONG_TYPE } from '../faults.ts'
import { OPEN_BRACE } from '../json-scanner.ts'
import type { SchemaColumn } from '../schema-column.ts'
import type { Column, InnerFault } from './column.ts'

/** Objects inside a list: their members are read as those of an event are. */
export class StructColumn implements Column {
  readonly #fields: readonly SchemaColumn[]
  readonly #reader: EventReader
  readonly #depth: number
  inner: InnerFault | undefined

  /** @param depth the number of containers that a member stands in */
  constructor(fields: readonly SchemaColumn[], depth: number) {
    this.#fields = fields
    this.#reader = new EventReader(fields)
    this.#depth = depth
  }

  begin(rows: number): void {
    this.#reader.begin()
    for (const field of this.#fields) field.begin(rows)
  }

  grow(rows: number): void {
    for (const field of this.#fields) field.grow(rows)
  }

  read(text: EventText, at: number, row: number): number {
    this.inner = undefined
    if (text.bytes[at] !== OPEN_BRACE) return WRONG_TYPE
    const next = this.#reader.readObject(text, at, row, this.#depth)
    if (next < 0) this.inner = this.#innerFault(at)
    return next
  }

  #innerFault(at: number): InnerFault {
    const { faultName, faultColumn, faultAt, faultInner } = this.#reader
    if (faultName === undefined) return { path: '', type: undefined, at }
    return {
      path: `.${faultName}${faultInner?.path ?? ''}`,
      type: faultInner === undefined ? this.#fields[faultColumn]?.definition.type : faultInner.type,
      at: faultInner?.at ?? faultAt,
    }
  }

  clear(row: number): void {
    for (const field of this.#fields) field.setNull(row)
  }

  truncate(rows: number): void {
    for (const field of this.#fields) field.truncate(rows)
  }

  finish(): StructValues {
    return { layout: 'struct', fields: this.#fields.map(field => field.finish()) }
  }
}
