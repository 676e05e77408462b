import fc from 'fast-check'
import type { ColumnBuilder } from '../../../core/define/types.ts'
import { t } from '../../../core/define/types.ts'
import type { Event, Expression, Value } from '../expression.ts'
import { INTEGER } from '../expression.ts'
import type { TwinUnnest } from '../twin-view.ts'
import type { Written } from './column-type.ts'
import { builderOf, type DrawnColumn, type DrawnList, knowledgeOfColumn } from './schema.ts'

/** Elements of a list, and how they stand in an event. */
export interface WrittenList {
  readonly elements: readonly Event[] | null
  /** `undefined` is nothing at all. */
  readonly json: string | undefined
}

/** How members of an object are written. */
export type ObjectText = (members: readonly { path: readonly string[]; json: string | undefined }[]) => string

export function listBuilder({ fields, isPlain, isOptional, path }: DrawnList): ColumnBuilder {
  const [first] = fields
  const element = isPlain
    ? first!.lacking === 'null'
      ? knowledgeOfColumn(first!).builder.optional()
      : knowledgeOfColumn(first!).builder
    : t.struct(Object.fromEntries(fields.map(field => [field.name, builderOf(field)])))
  const list = t.list(element).path(path)
  return isOptional ? list.optional() : list
}

/** A list of a few elements; now and then none, or no list. */
export function writtenList(list: DrawnList, objectText: ObjectText): fc.Arbitrary<WrittenList> {
  const there = fc.array(element(list, objectText), { maxLength: 4 }).map(elements => ({
    elements: elements.map(({ event }) => event),
    json: `[${elements.map(({ json }) => json).join(' ,')}]`,
  }))
  if (!list.isOptional) return there
  const lacking = fc.constantFrom(undefined, 'null').map((json): WrittenList => ({ elements: null, json }))
  return fc.oneof({ weight: 6, arbitrary: there }, { weight: 1, arbitrary: lacking })
}

function element(list: DrawnList, objectText: ObjectText): fc.Arbitrary<{ event: Event; json: string }> {
  if (list.isPlain)
    return member(list.fields[0]!, false).map(({ value, json }) => ({ event: { item: value }, json: json! }))
  return fc.tuple(...list.fields.map(field => member(field, true))).map(members => ({
    event: Object.fromEntries(members.map(({ value }, k) => [`item.${list.fields[k]!.name}`, value])),
    json: objectText(members.map(({ json }, k) => ({ path: list.fields[k]!.path, json }))),
  }))
}

function member(
  field: DrawnColumn,
  mayBeMissing: boolean,
): fc.Arbitrary<{ value: Value; json: string | undefined }> {
  const { written, standIn } = knowledgeOfColumn(field)
  const there = written.map(({ value, json }: Written) => ({
    value: value as Value,
    json: json as string | undefined,
  }))
  if (field.lacking === 'refused' || (field.lacking === 'default' && !mayBeMissing)) return there
  const value = field.lacking === 'null' ? null : standIn.value
  const lacking = fc
    .constantFrom(...(mayBeMissing ? [undefined, 'null'] : ['null']))
    .map(json => ({ value: value as Value, json: json as string | undefined }))
  return fc.oneof({ weight: 5, arbitrary: there }, { weight: 1, arbitrary: lacking })
}

/** JSON that is no value of the list. */
export function refusedLists({ fields, isPlain, isOptional }: DrawnList): (string | undefined)[] {
  const [first] = fields
  const bad = knowledgeOfColumn(first!).refused[0]!
  return ['{}', '5', isPlain ? `[${bad}]` : '["x"]', '[1,]', ...(isOptional ? [] : ['null', undefined])]
}

/** The list taken apart by the name `item`. */
export function unnestOf({ name }: DrawnList): TwinUnnest {
  return { name: 'item', sql: name, of: event => event[name] as unknown as readonly Event[] | null }
}

/** The fields of elements as columns of a view that takes the list apart. */
export function elementColumns({ fields, isPlain }: DrawnList): DrawnColumn[] {
  if (!isPlain) return fields.map(field => ({ ...field, name: `item.${field.name}` }))
  return [{ ...fields[0]!, name: 'item' }]
}

/** What may be computed of a whole list. */
export function listExpressions({ name }: DrawnList): Expression[] {
  return [
    {
      sql: `len(${name})`,
      shape: INTEGER,
      of: event => {
        const elements = event[name] as unknown as readonly Event[] | null
        return elements === null ? null : BigInt(elements.length)
      },
    },
  ]
}
