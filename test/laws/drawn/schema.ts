import fc from 'fast-check'
import { e } from '../../../core/define/envelope.ts'
import { stream } from '../../../core/define/stream.ts'
import type { ColumnBuilder } from '../../../core/define/types.ts'
import type { ColumnType } from '../../../core/model/column-type.ts'
import type { EnvelopeSource, StreamDefinition } from '../../../core/model/stream.ts'
import type { OracleId } from '../oracle.ts'
import { columnType, type Knowledge, knowledgeOf, timeType } from './column-type.ts'
import { listBuilder } from './list.ts'

/** A column of a drawn schema; plain data. */
export interface DrawnColumn {
  readonly name: string
  readonly type: ColumnType
  /** What becomes of an event that lacks it: it is refused, NULL, or gets the type's stand-in. */
  readonly lacking: 'refused' | 'null' | 'default'
  readonly path: readonly string[]
  /** Where in the record around the event it stands, if not in its JSON. */
  readonly from?: EnvelopeSource
  /** Where it stood under an older name. */
  readonly alias?: readonly string[] | undefined
}

export interface DrawnSchema {
  readonly blockSize: number
  readonly lanes: number
  /** The first is the event time. */
  readonly columns: readonly DrawnColumn[]
  /** What repeated events are told by, if they are. */
  readonly id?: OracleId | undefined
  readonly ignoresTombstones?: boolean
  readonly lists?: readonly DrawnList[]
  /** Of records that hold several events. */
  readonly records?: 'array' | 'lines' | 'batch.events' | undefined
}

/** A column that is a list; plain data. */
export interface DrawnList {
  readonly name: string
  readonly path: readonly string[]
  readonly isOptional: boolean
  /** Of its elements, which are objects; or, where it is plain, the first is all of an element. */
  readonly fields: readonly DrawnColumn[]
  readonly isPlain: boolean
}

/** Where a column stands: its own name below these keys. */
const PLACES: readonly (readonly string[])[] = [[], [], [], ['geo'], ['geo'], ['geo', 'deep'], ['a.b "c"']]

const column = fc.record({
  type: columnType,
  lacking: fc.constantFrom('refused' as const, 'null' as const, 'null' as const, 'default' as const),
  place: fc.constantFrom(...PLACES),
  oldPlace: fc.constantFrom(undefined, undefined, ...PLACES),
})

/** One column in four stands around the event: one in the key at most. */
const around = fc.record({
  isAround: fc.constantFrom(false, false, false, true),
  part: fc.constantFrom('key' as const, 'header' as const, 'header' as const),
  ofPlace: fc.constantFrom(undefined, undefined, undefined, 'partition' as const, 'offset' as const),
})

const list = fc.record({
  place: fc.constantFrom(...PLACES),
  isOptional: fc.boolean(),
  isPlain: fc.boolean(),
  fields: fc.array(column, { minLength: 1, maxLength: 3 }),
})

/** Any stream: an event time in any format, and some columns of any types. */
export const drawnSchema: fc.Arbitrary<DrawnSchema> = fc
  .record({
    blockSize: fc.constantFrom(1, 2, 4, 8, 16),
    lanes: fc.constantFrom(1, 2),
    time: fc.record({
      type: timeType,
      place: fc.constantFrom(...PLACES),
      part: fc.constantFrom(undefined, undefined, undefined, 'timestamp' as const, 'header' as const),
    }),
    columns: fc.array(fc.tuple(column, around), { minLength: 2, maxLength: 7 }),
    ignoresTombstones: fc.boolean(),
    lists: fc.array(list, { maxLength: 2 }),
    records: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('array' as const, 'lines' as const, 'batch.events' as const) },
    ),
  })
  .map(
    ({ time, columns, lists, ...rest }): Omit<DrawnSchema, 'id'> => ({
      ...rest,
      lists: lists.map(({ place, fields, ...drawn }, index) => ({
        ...drawn,
        name: `l${index}`,
        path: [...place, `l${index}`],
        fields: fields.map(({ place: inside, ...field }, k) => ({
          ...field,
          name: `f${k}`,
          path: [...inside, `f${k}`],
        })),
      })),
      columns: [
        // What stands around a record is of all its events: a drawn stream has one or the other.
        timeColumn(rest.records === undefined ? time : { ...time, part: undefined }),
        ...columns.map(([{ place, oldPlace, ...drawn }, { isAround, part, ofPlace }], index) => {
          const name = `c${index}`
          const isKey = part === 'key' && !columns.slice(0, index).some(([, other]) => isKeyColumn(other))
          const from = isKey ? { part } : { part: 'header' as const, name: `x-${name}` }
          const isInside = rest.records !== undefined && ofPlace === undefined
          const alias = oldPlace && [...oldPlace, `was${index}`]
          if (!isAround || isInside) return { ...drawn, name, path: [...place, name], alias }
          return ofPlace === undefined ? { ...drawn, name, path: [], from } : placeColumn(name, ofPlace)
        }),
      ],
    }),
  )
  .chain(schema => idOf(schema.columns).map(id => ({ ...schema, id })))

/** In half of all streams, where any column can be an id. */
function idOf(columns: readonly DrawnColumn[]): fc.Arbitrary<OracleId | undefined> {
  const able = columns.filter(({ type, lacking }) => ID_KINDS.includes(type.kind) && lacking !== 'default')
  if (able.length === 0) return fc.constant(undefined)
  const id = fc.record({
    column: fc.constantFrom(...able.map(({ name }) => name)),
    within: fc.constantFrom(1, 2, 5, 9, 1000),
  })
  return fc.option(id, { nil: undefined, freq: 1 })
}

const ID_KINDS: readonly string[] = ['string', 'text', 'enum', 'uuid', 'int32', 'int64', 'uint64']

interface Around {
  readonly isAround: boolean
  readonly part: 'key' | 'header'
  readonly ofPlace: 'partition' | 'offset' | undefined
}

function isKeyColumn({ isAround, part, ofPlace }: Around): boolean {
  return isAround && part === 'key' && ofPlace === undefined
}

function timeColumn({
  type,
  place,
  part,
}: {
  type: ColumnType
  place: readonly string[]
  part: 'timestamp' | 'header' | undefined
}): DrawnColumn {
  const column = { name: 'ts', type, lacking: 'refused' } as const
  if (part === undefined) return { ...column, path: [...place, 'ts'] }
  if (part === 'header') return { ...column, path: [], from: { part, name: 'ts' } }
  return { ...column, type: { kind: 'timestamp', format: 'ms' }, path: [], from: { part } }
}

function placeColumn(name: string, part: 'partition' | 'offset'): DrawnColumn {
  return {
    name,
    type: { kind: part === 'partition' ? 'int32' : 'int64' },
    lacking: 'refused',
    path: [],
    from: { part },
  }
}

export function knowledgeOfColumn({ type }: DrawnColumn): Knowledge {
  return knowledgeOf(type as never)
}

/** The stream as a user would declare it. */
export function streamOf({
  blockSize,
  lanes,
  columns,
  id,
  ignoresTombstones,
  lists = [],
  records,
}: DrawnSchema): StreamDefinition {
  return stream({
    topic: 'things',
    time: 'ts',
    blockSize,
    lanes,
    ...(id !== undefined && { id: id.column, within: id.within }),
    ...(ignoresTombstones === true && { tombstones: 'ignore' as const }),
    ...(records !== undefined && { records }),
    schema: Object.fromEntries([
      ...columns.map(column => [column.name, builderOf(column)]),
      ...lists.map(list => [list.name, listBuilder(list)]),
    ]),
  })
}

/** The column as a user would declare it. */
export function builderOf(column: DrawnColumn): ColumnBuilder {
  const { builder, standIn } = knowledgeOfColumn(column)
  const placed = placedBuilder(builder, column)
  if (column.lacking === 'null') return placed.optional()
  return column.lacking === 'default' ? placed.default(standIn.declared) : placed
}

function placedBuilder(builder: ColumnBuilder, { path, alias, from }: DrawnColumn): ColumnBuilder {
  if (from === undefined) return alias === undefined ? builder.path(path) : builder.path(path).alias(alias)
  switch (from.part) {
    case 'key':
      return e.key(builder)
    case 'header':
      return e.header(from.name, builder)
    default:
      return e[from.part]()
  }
}
