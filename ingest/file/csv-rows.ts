import type { ColumnDefinition } from '../../core/model/stream.ts'
import { keysOf } from './column-map.ts'
import { type CellRules, cellWriter, isTextKind } from './csv-cells.ts'
import type { CsvRecord } from './csv-records.ts'
import { nestMembers, objectParts } from './event-object.ts'

export interface RowRules extends CellRules {
  readonly columns: readonly string[]
  readonly definitions: readonly (ColumnDefinition | undefined)[]
}

/** Makes a record of a CSV file the JSON text of an event. It must have as many cells as there are columns, or more. */
export function rowWriter(rules: RowRules): (record: CsvRecord) => string {
  const members = rules.columns.map((name, index) => {
    const definition = rules.definitions[index]
    return {
      path: definition === undefined ? [name] : keysOf(definition),
      isDeclared: definition !== undefined,
      value: String(index),
    }
  })
  const parts = objectParts(nestMembers(members)).map(part => {
    if ('text' in part) return part.text
    const index = Number(part.value)
    const definition = rules.definitions[index]
    return { index, write: cellWriter(definition?.type, isRequiredText(definition), rules) }
  })
  return ({ cells, quoted }) => {
    let text = ''
    for (const part of parts) {
      if (typeof part === 'string') text += part
      else text += part.write(cells[part.index]!, part.index < 32 && (quoted & (1 << part.index)) !== 0)
    }
    return text
  }
}

function isRequiredText(column: ColumnDefinition | undefined): boolean {
  return (
    isTextKind(column?.type) &&
    column?.type.kind !== 'enum' &&
    !column!.optional &&
    column!.default === undefined
  )
}
