import type { ColumnVector } from '../model/column-batch.ts'
import type { ElementType } from '../model/column-type.ts'
import { TwofoldError } from '../model/errors.ts'
import type { ColumnDefinition } from '../model/stream.ts'
import type { Column } from './columns/column.ts'
import { type EventText, textOf } from './event-text.ts'
import { INVALID_JSON, MISSING_FIELD, reasonOf } from './faults.ts'

/** A column of a stream, a member of an object in a list, or the elements of a list, which have no path. */
export interface ColumnDeclaration extends Omit<ColumnDefinition, 'type'> {
  readonly type: ElementType
}

/** A column of the schema: its values, which of them are NULL, and what stands in for one that is absent. */
export class SchemaColumn {
  readonly definition: ColumnDeclaration
  readonly values: Column
  readonly #defaultText: EventText | undefined
  #rows = 0
  /** Made with the first NULL of a batch; most batches of most columns have none. */
  #valid: Uint8Array | undefined

  /** @throws SCHEMA_INVALID where the type or the default makes no sense */
  constructor(definition: ColumnDeclaration, values: Column) {
    checkType(definition)
    this.definition = definition
    this.values = values
    this.#defaultText = definition.default === undefined ? undefined : this.#checkDefault(definition.default)
  }

  begin(rows: number): void {
    this.#rows = rows
    this.#valid = undefined
    this.values.begin(rows)
  }

  /** Fills a row for which the event has no value, or null. Answers with a fault where it must have one. */
  readAbsent(row: number): number {
    if (this.#defaultText !== undefined) return this.values.read(this.#defaultText, 0, row)
    if (!this.definition.optional) return MISSING_FIELD
    this.setNull(row)
    return 0
  }

  setNull(row: number): void {
    this.#valid ??= new Uint8Array(this.#rows).fill(1)
    this.#valid[row] = 0
    this.values.clear(row)
  }

  /** Makes room for more rows: only elements of lists need it. */
  grow(rows: number): void {
    this.#rows = rows
    this.values.grow(rows)
    if (this.#valid === undefined) return
    const valid = new Uint8Array(rows).fill(1)
    valid.set(this.#valid)
    this.#valid = valid
  }

  /** Forgets the rows from `rows` on. */
  truncate(rows: number): void {
    this.#valid?.fill(1, rows)
    this.values.truncate(rows)
  }

  finish(): ColumnVector {
    const valid = this.#valid
    this.#valid = undefined
    return { name: this.definition.name, type: this.definition.type, valid, values: this.values.finish() }
  }

  /** A default is read like any value, so what is not a value of the type can be no default. */
  #checkDefault(value: string | number | boolean): EventText {
    const json = JSON.stringify(value)
    const text = textOf(Buffer.from(json))
    this.values.begin(1)
    const next = this.values.read(text, 0, 0)
    this.values.finish()
    if (next === text.end) return text
    const reason = reasonOf(next < 0 ? next : INVALID_JSON)
    throw schemaError(this.definition, `its default ${json} is no value of its type (${reason})`)
  }
}

function checkType(definition: ColumnDeclaration): void {
  const { type } = definition
  if (type.kind === 'enum' && type.values.length === 0)
    throw schemaError(definition, 'its enum has no values')
  if (type.kind !== 'decimal') return
  const { precision, scale } = type
  const isSound = Number.isInteger(precision) && precision >= 1 && precision <= 38
  if (isSound && Number.isInteger(scale) && scale >= 0 && scale <= precision) return
  throw schemaError(
    definition,
    `decimal(${precision},${scale}) needs a precision of 1 to 38 and a scale of 0 to it`,
  )
}

function schemaError(definition: ColumnDeclaration, why: string): TwofoldError {
  return new TwofoldError('SCHEMA_INVALID', `Cannot decode column "${definition.name}": ${why}.`, {
    details: { column: definition.name, type: definition.type },
  })
}
