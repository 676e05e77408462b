import type { ColumnDefinition, StreamDefinition } from '../../core/model/stream.ts'
import { cellJson, type FileColumn, quoteText, type TypeAt } from './cell-json.ts'
import { keysOf, placesOf } from './column-map.ts'
import { type Member, nestMembers, objectParts } from './event-object.ts'

/**
 * The DuckDB expression that makes a row of a Parquet file the JSON text of an event.
 *
 * A column of the file belongs to the column of the schema that `definitions` gives for it; its value stands at that
 * column's path, in the form that the schema's type asks for. A column that is not in the schema keeps its name, and
 * is left out where a value of the schema stands in its place.
 */
export function rowJsonSql(
  file: readonly FileColumn[],
  definitions: readonly (ColumnDefinition | undefined)[],
  stream: StreamDefinition,
): string {
  const typeAt: TypeAt = path =>
    stream.columns.find(column => placesOf(column).some(place => isPath(place, path)))?.type
  const members: Member[] = file.map((column, index) => {
    const definition = definitions[index]
    const path = definition === undefined ? [column.name] : keysOf(definition)
    return { path, isDeclared: definition !== undefined, value: cellJson(column, path, typeAt) }
  })
  const parts = objectParts(nestMembers(members)).map(part =>
    'text' in part ? quoteText(part.text) : part.value,
  )
  return `concat(${parts.join(', ')})`
}

function isPath(path: readonly string[], other: readonly string[]): boolean {
  return path.length === other.length && path.every((part, index) => part === other[index])
}
