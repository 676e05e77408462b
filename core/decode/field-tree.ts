import { TwofoldError } from '../model/errors.ts'
import type { ColumnDefinition } from '../model/stream.ts'
import { ByteStringIndex } from './byte-string-index.ts'
import type { Column } from './columns/column.ts'
import { MAX_DEPTH } from './json-scanner.ts'
import type { SchemaColumn } from './schema-column.ts'
import { Token } from './token.ts'

/** A member of an event that the schema knows: a column's value, an alias of one, or an object on the way to some. */
export class Field {
  /** Position in lists of all the schema's fields: columns first, in their order, then aliases. */
  readonly id: number
  /** The column's name, or the dotted path of an object. */
  readonly name: string
  /** The member's name as events nearly always spell it, with the colon: `"name":`. */
  readonly token: Token
  /** Where its values go, or `undefined` for an object or an alias. */
  readonly values: Column | undefined
  /** What the schema knows inside, where this is an object. */
  readonly members: FieldSet | undefined
  /** The field last seen behind this one: events of a stream tend to keep one order. */
  likelyNext: Field = this

  constructor(id: number, name: string, key: string, values: Column | undefined, members?: FieldSet) {
    this.id = id
    this.name = name
    this.token = new Token(`${JSON.stringify(key)}:`)
    this.values = values
    this.members = members
  }
}

/** The fields of one object. */
export interface FieldSet {
  readonly fields: readonly Field[]
  readonly index: ByteStringIndex
  likelyFirst: Field
}

export interface FieldTree {
  readonly root: FieldSet
  readonly fieldCount: number
  /** The aliases of all columns. Alias k has the field number `columns + k`: behind the columns, before the objects. */
  readonly aliases: readonly FieldAlias[]
}

/** Another place of a column's value. Those of one column follow one another in their order. */
export interface FieldAlias {
  readonly column: number
  readonly path: readonly string[]
}

type PathTree = Map<string, PathTree | number>

/**
 * Arranges columns by their paths.
 *
 * @throws SCHEMA_INVALID where two columns claim the same place, or one a place inside another
 */
export function buildFieldTree(columns: readonly SchemaColumn[]): FieldTree {
  const paths: PathTree = new Map()
  const aliases = columns.flatMap(({ definition }, column) =>
    (definition.aliases ?? []).map((path): FieldAlias => ({ column, path })),
  )
  columns.forEach(({ definition }, position) => {
    addPath(paths, definition, definition.path, position)
  })
  aliases.forEach(({ column, path }, k) => {
    addPath(paths, columns[column]!.definition, path, columns.length + k)
  })
  const places = columns.length + aliases.length
  let objects = 0
  const build = (tree: PathTree, prefix: string): FieldSet => {
    const fields = [...tree].map(([key, place]) => {
      const path = prefix === '' ? key : `${prefix}.${key}`
      if (typeof place !== 'number') {
        return new Field(places + objects++, path, key, undefined, build(place, path))
      }
      const alias = aliases[place - columns.length]
      const { definition, values } = columns[alias?.column ?? place]!
      return new Field(place, definition.name, key, alias === undefined ? values : undefined)
    })
    fields.forEach((field, k) => {
      field.likelyNext = fields[(k + 1) % fields.length]!
    })
    const names = [...tree.keys()].map(key => Buffer.from(key))
    return { fields, index: new ByteStringIndex(names), likelyFirst: fields[0]! }
  }
  const root = build(paths, '')
  return { root, fieldCount: places + objects, aliases }
}

function addPath(paths: PathTree, column: ColumnDefinition, path: readonly string[], position: number): void {
  const refuse = (why: string): TwofoldError => {
    const message = `Cannot read column "${column.name}" from "${path.join('.')}": ${why}.`
    return new TwofoldError('SCHEMA_INVALID', message, {
      details: { column: column.name, path },
    })
  }
  if (path.length === 0) throw refuse('its path is empty')
  if (path.length > MAX_DEPTH) throw refuse(`events are nested at most ${MAX_DEPTH} levels deep`)
  const isWellFormed = path.every(key => Buffer.from(key).toString() === key)
  if (!isWellFormed) throw refuse('its path is not well-formed Unicode')
  let tree = paths
  for (const key of path.slice(0, -1)) {
    const inner = tree.get(key) ?? new Map()
    if (typeof inner === 'number') throw refuse('another column is read from an object around it')
    tree.set(key, inner)
    tree = inner
  }
  const last = path.at(-1)!
  if (tree.has(last)) throw refuse('another column is read from there, or from inside')
  tree.set(last, position)
}
