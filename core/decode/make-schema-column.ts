import type { ElementType } from '../model/column-type.ts'
import { TwofoldError } from '../model/errors.ts'
import type { ColumnDefinition } from '../model/stream.ts'
import type { Column } from './columns/column.ts'
import { ListColumn } from './columns/list.ts'
import { makeColumn } from './columns/make-column.ts'
import { StructColumn } from './columns/struct.ts'
import { MAX_DEPTH } from './json-scanner.ts'
import { type ColumnDeclaration, SchemaColumn } from './schema-column.ts'

/**
 * The column of a schema, with all that it holds inside.
 * @throws SCHEMA_INVALID where its type or default makes no sense
 */
export function makeSchemaColumn(definition: ColumnDefinition): SchemaColumn {
  return columnAt(definition, definition.path.length)
}

/** @param depth the number of containers that a value stands in */
function columnAt(declaration: ColumnDeclaration, depth: number): SchemaColumn {
  if (depth > MAX_DEPTH)
    throw new TwofoldError(
      'SCHEMA_INVALID',
      `Cannot decode column "${declaration.name}": events are nested at most ${MAX_DEPTH} levels deep.`,
      { details: { column: declaration.name } },
    )
  return new SchemaColumn(declaration, valuesOf(declaration.type, declaration.name, depth))
}

function valuesOf(type: ElementType, name: string, depth: number): Column {
  if (type.kind === 'list') {
    const element = { name, path: [], type: type.element, optional: type.nullable, default: undefined }
    return new ListColumn(columnAt(element, depth + 1))
  }
  if (type.kind === 'struct') {
    const fields = type.fields.map(field => columnAt(field, depth + field.path.length))
    return new StructColumn(fields, depth + 1)
  }
  return makeColumn(type)
}
