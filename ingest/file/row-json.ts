import type { ColumnDefinition, StreamDefinition } from '../../core/model/stream.ts'
import { cellJson, type FileColumn } from './cell-json.ts'

/** A member of the JSON object being built: the SQL of its value, or an object of members. */
type Member = string | ReadonlyMap<string, Member>

/**
 * The DuckDB expression that makes a row of a file the JSON text of an event.
 *
 * A column of the file belongs to the column of the schema that has its name, or whose path, joined by dots, is its
 * name, or one of whose aliases is; its value stands at that path, in the form that the schema's type asks for. A column that is not in the
 * schema keeps its name, and is left out where a value of the schema stands in its place.
 */
export function rowJsonSql(file: readonly FileColumn[], stream: StreamDefinition): string {
  const root = new Map<string, Member>()
  const others: FileColumn[] = []
  for (const column of file) {
    const definition = definitionOf(column.name, stream)
    if (definition === undefined) others.push(column)
    else setAt(root, pathOf(column.name, definition), cellJson(column, definition.type))
  }
  for (const column of others) if (!root.has(column.name)) root.set(column.name, cellJson(column, undefined))
  return `concat(${objectParts(root).join(', ')})`
}

/** The column of the schema that a column of a file belongs to, if any. */
export function definitionOf(name: string, { columns }: StreamDefinition): ColumnDefinition | undefined {
  return (
    columns.find(column => column.name === name) ??
    columns.find(column => column.path.join('.') === name) ??
    columns.find(column => aliasOf(name, column) !== undefined)
  )
}

/** Where the value of a column of the file stands in the event. */
function pathOf(name: string, column: ColumnDefinition): readonly string[] {
  const isOwn = column.name === name || column.path.join('.') === name
  return isOwn ? column.path : aliasOf(name, column)!
}

function aliasOf(name: string, { aliases = [] }: ColumnDefinition): readonly string[] | undefined {
  return aliases.find(path => path.join('.') === name)
}

function setAt(root: Map<string, Member>, path: readonly string[], sql: string): void {
  let object = root
  for (const name of path.slice(0, -1)) {
    const inner = (object.get(name) as Map<string, Member> | undefined) ?? new Map<string, Member>()
    object.set(name, inner)
    object = inner
  }
  object.set(path.at(-1)!, sql)
}

/** The pieces of an object's text: literals and expressions by turns. */
function objectParts(members: ReadonlyMap<string, Member>): string[] {
  const parts = [...members].flatMap(([name, member], index) => [
    literal(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
    ...(typeof member === 'string' ? [member] : objectParts(member)),
  ])
  return [...parts, literal(members.size === 0 ? '{}' : '}')]
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
