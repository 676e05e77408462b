import { type PathStep, pathText } from '../model/column-type.ts'
import { TwofoldError } from '../model/errors.ts'
import { ByteStringIndex } from './byte-string-index.ts'
import type { Column } from './columns/column.ts'
import { MAX_DEPTH } from './json-scanner.ts'
import type { SchemaColumn } from './schema-column.ts'
import { Token } from './token.ts'

/**
 * A member of an event, or an element of a list in it, that the schema knows: a column's value, an alias of one, or an
 * object or list on the way to some.
 */
export class Field {
  /** Position in lists of all the schema's fields: columns first, in their order, then aliases. */
  readonly id: number
  /** The column's name, or the path of an object or list. */
  readonly name: string
  /** The member's name as events nearly always spell it, with the colon: `"name":`. */
  readonly token: Token
  /** Where its values go, or `undefined` for an object, a list or an alias. */
  readonly values: Column | undefined
  /** What the schema knows inside, where this is an object. */
  readonly members: FieldSet | undefined
  /** The elements that the schema knows, where this is a list. */
  readonly elements: ElementFields | undefined
  /** The field last seen behind this one: events of a stream tend to keep one order. */
  likelyNext: Field = this

  constructor(
    id: number,
    name: string,
    key: string,
    values: Column | undefined,
    members?: FieldSet,
    elements?: ElementFields,
  ) {
    this.id = id
    this.name = name
    this.token = new Token(`${JSON.stringify(key)}:`)
    this.values = values
    this.members = members
    this.elements = elements
  }
}

/** The fields of one object. */
export interface FieldSet {
  readonly fields: readonly Field[]
  readonly index: ByteStringIndex
  likelyFirst: Field
}

/** The elements of one list that are read, by their position or by a member of theirs. */
export interface ElementFields {
  readonly byIndex: ReadonlyMap<number, Field>
  readonly byKey: readonly KeyedFields[]
}

/** Elements told apart by the text of one member: the first of each text is read. */
export interface KeyedFields {
  readonly key: Uint8Array
  readonly texts: ByteStringIndex
  /** In the order of the texts. */
  readonly fields: readonly Field[]
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
  readonly path: readonly PathStep[]
}

/** A place in events: a column's value, or what leads on to some, by the JSON of their steps. */
type Place = number | Steps
type Steps = Map<string, { readonly step: PathStep; readonly place: Place }>

/**
 * Arranges columns by their paths.
 *
 * @throws SCHEMA_INVALID where two columns claim the same place, or one a place inside another
 */
export function buildFieldTree(columns: readonly SchemaColumn[]): FieldTree {
  const steps: Steps = new Map()
  const aliases = columns.flatMap(({ definition }, column) =>
    (definition.aliases ?? []).map((path): FieldAlias => ({ column, path })),
  )
  columns.forEach(({ definition }, position) => {
    addPath(steps, definition.name, definition.path, position)
  })
  aliases.forEach(({ column, path }, k) => {
    addPath(steps, columns[column]!.definition.name, path, columns.length + k)
  })
  const builder = new TreeBuilder(columns, aliases)
  const root = builder.fieldSet(steps, [])
  return { root, fieldCount: builder.fieldCount, aliases }
}

class TreeBuilder {
  readonly #columns: readonly SchemaColumn[]
  readonly #aliases: readonly FieldAlias[]
  fieldCount: number

  constructor(columns: readonly SchemaColumn[], aliases: readonly FieldAlias[]) {
    this.#columns = columns
    this.#aliases = aliases
    this.fieldCount = columns.length + aliases.length
  }

  fieldSet(steps: Steps, path: readonly PathStep[]): FieldSet {
    const fields = [...steps.values()].map(({ step, place }) => this.#field(step, place, [...path, step]))
    fields.forEach((field, k) => {
      field.likelyNext = fields[(k + 1) % fields.length]!
    })
    const names = [...steps.values()].map(({ step }) => Buffer.from(step as string))
    return { fields, index: new ByteStringIndex(names), likelyFirst: fields[0]! }
  }

  #field(step: PathStep, place: Place, path: readonly PathStep[]): Field {
    const key = typeof step === 'string' ? step : ''
    if (typeof place === 'number') {
      const alias = this.#aliases[place - this.#columns.length]
      const { definition, values } = this.#columns[alias?.column ?? place]!
      return new Field(place, definition.name, key, alias === undefined ? values : undefined)
    }
    const [first] = place.values()
    const id = this.fieldCount++
    const name = pathText(path)
    return typeof first!.step === 'string'
      ? new Field(id, name, key, undefined, this.fieldSet(place, path))
      : new Field(id, name, key, undefined, undefined, this.#elements(place, path))
  }

  #elements(steps: Steps, path: readonly PathStep[]): ElementFields {
    const byIndex = new Map<number, Field>()
    const byKey = new Map<string, { readonly texts: Buffer[]; readonly fields: Field[] }>()
    for (const { step, place } of steps.values()) {
      const field = this.#field(step, place, [...path, step])
      if (typeof step === 'string') continue
      if ('index' in step) byIndex.set(step.index, field)
      else {
        const keyed = byKey.get(step.key) ?? { texts: [], fields: [] }
        byKey.set(step.key, keyed)
        keyed.texts.push(Buffer.from(step.equals))
        keyed.fields.push(field)
      }
    }
    const keyed = [...byKey].map(([key, { texts, fields }]) => ({
      key: Buffer.from(key),
      texts: new ByteStringIndex(texts),
      fields,
    }))
    return { byIndex, byKey: keyed }
  }
}

function addPath(root: Steps, name: string, path: readonly PathStep[], position: number): void {
  const refuse = (why: string): TwofoldError => {
    const message = `Cannot read column "${name}" from "${pathText(path)}": ${why}.`
    return new TwofoldError('SCHEMA_INVALID', message, {
      details: { column: name, path },
    })
  }
  if (path.length === 0) throw refuse('its path is empty')
  if (path.length > MAX_DEPTH) throw refuse(`events are nested at most ${MAX_DEPTH} levels deep`)
  const texts = path.flatMap(step =>
    typeof step === 'string' ? [step] : 'key' in step ? [step.key, step.equals] : [],
  )
  if (!texts.every(text => Buffer.from(text).toString() === text))
    throw refuse('its path is not well-formed Unicode')
  if (typeof path[0] !== 'string') throw refuse('an event is no list')
  let steps = root
  for (const [index, step] of path.entries()) {
    const [other] = steps.values()
    if (other !== undefined && (typeof other.step === 'string') !== (typeof step === 'string'))
      throw refuse(
        'another column takes for an object what this one takes for a list, or the other way round',
      )
    const key = JSON.stringify(step)
    const known = steps.get(key)?.place
    if (index === path.length - 1) {
      if (known !== undefined) throw refuse('another column is read from there, or from inside')
      steps.set(key, { step, place: position })
      return
    }
    if (typeof known === 'number') throw refuse('another column is read from an object around it')
    const inner: Steps = known ?? new Map()
    steps.set(key, { step, place: inner })
    steps = inner
  }
}
