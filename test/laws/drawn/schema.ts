import fc from 'fast-check'
import { stream } from '../../../core/define/stream.ts'
import type { ColumnBuilder } from '../../../core/define/types.ts'
import type { ColumnType } from '../../../core/model/column-type.ts'
import type { StreamDefinition } from '../../../core/model/stream.ts'
import type { OracleId } from '../oracle.ts'
import { columnType, type Knowledge, knowledgeOf } from './column-type.ts'

/** A column of a drawn schema; plain data. */
export interface DrawnColumn {
  readonly name: string
  readonly type: ColumnType
  /** What becomes of an event that lacks it: it is refused, NULL, or gets the type's stand-in. */
  readonly lacking: 'refused' | 'null' | 'default'
  readonly path: readonly string[]
}

export interface DrawnSchema {
  readonly blockSize: number
  readonly lanes: number
  /** The first is the event time. */
  readonly columns: readonly DrawnColumn[]
  /** What repeated events are told by, if they are. */
  readonly id?: OracleId | undefined
}

/** Where a column stands: its own name below these keys. */
const PLACES: readonly (readonly string[])[] = [[], [], [], ['geo'], ['geo'], ['geo', 'deep'], ['a.b "c"']]

const column = fc.record({
  type: columnType,
  lacking: fc.constantFrom('refused' as const, 'null' as const, 'null' as const, 'default' as const),
  place: fc.constantFrom(...PLACES),
})

/** Any stream: an event time in any format, and some columns of any types. */
export const drawnSchema: fc.Arbitrary<DrawnSchema> = fc
  .record({
    blockSize: fc.constantFrom(1, 2, 4, 8, 16),
    lanes: fc.constantFrom(1, 2),
    time: fc.record({
      format: fc.constantFrom('rfc3339', 's', 'ms', 'us'),
      place: fc.constantFrom(...PLACES),
    }),
    columns: fc.array(column, { minLength: 2, maxLength: 7 }),
  })
  .map(
    ({ blockSize, lanes, time, columns }): Omit<DrawnSchema, 'id'> => ({
      blockSize,
      lanes,
      columns: [
        {
          name: 'ts',
          type: { kind: 'timestamp', format: time.format },
          lacking: 'refused' as const,
          path: [...time.place, 'ts'],
        },
        ...columns.map(({ place, ...rest }, index) => ({
          ...rest,
          name: `c${index}`,
          path: [...place, `c${index}`],
        })),
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

const ID_KINDS: readonly string[] = ['string', 'enum', 'uuid', 'int32', 'int64', 'uint64']

export function knowledgeOfColumn({ type }: DrawnColumn): Knowledge {
  return knowledgeOf(type as never)
}

/** The stream as a user would declare it. */
export function streamOf({ blockSize, lanes, columns, id }: DrawnSchema): StreamDefinition {
  return stream({
    topic: 'things',
    time: 'ts',
    blockSize,
    lanes,
    ...(id !== undefined && { id: id.column, within: id.within }),
    schema: Object.fromEntries(columns.map(column => [column.name, builderOf(column)])),
  })
}

function builderOf(column: DrawnColumn): ColumnBuilder {
  const { builder, standIn } = knowledgeOfColumn(column)
  const placed = builder.path(column.path)
  if (column.lacking === 'null') return placed.optional()
  return column.lacking === 'default' ? placed.default(standIn.declared) : placed
}
