import fc from 'fast-check'
import { stream } from '../../../core/define/stream.ts'
import type { ColumnBuilder } from '../../../core/define/types.ts'
import type { ColumnType } from '../../../core/model/column-type.ts'
import type { StreamDefinition } from '../../../core/model/stream.ts'
import { columnType, type Knowledge, knowledgeOf, timeType } from './column-type.ts'

/** A column of a drawn schema; plain data. */
export interface DrawnColumn {
  readonly name: string
  readonly type: ColumnType
  /** What becomes of an event that lacks it: it is refused, NULL, or gets the type's stand-in. */
  readonly lacking: 'refused' | 'null' | 'default'
  readonly path: readonly string[]
  /** Where it stood under an older name. */
  readonly alias?: readonly string[] | undefined
}

export interface DrawnSchema {
  readonly blockSize: number
  readonly lanes: number
  /** The first is the event time. */
  readonly columns: readonly DrawnColumn[]
}

/** Where a column stands: its own name below these keys. */
const PLACES: readonly (readonly string[])[] = [[], [], [], ['geo'], ['geo'], ['geo', 'deep'], ['a.b "c"']]

const column = fc.record({
  type: columnType,
  lacking: fc.constantFrom('refused' as const, 'null' as const, 'null' as const, 'default' as const),
  place: fc.constantFrom(...PLACES),
  oldPlace: fc.constantFrom(undefined, undefined, ...PLACES),
})

/** Any stream: an event time in any format, and some columns of any types. */
export const drawnSchema: fc.Arbitrary<DrawnSchema> = fc
  .record({
    blockSize: fc.constantFrom(1, 2, 4, 8, 16),
    lanes: fc.constantFrom(1, 2),
    time: fc.record({
      type: timeType,
      place: fc.constantFrom(...PLACES),
    }),
    columns: fc.array(column, { minLength: 2, maxLength: 7 }),
  })
  .map(({ blockSize, lanes, time, columns }) => ({
    blockSize,
    lanes,
    columns: [
      {
        name: 'ts',
        type: time.type,
        lacking: 'refused' as const,
        path: [...time.place, 'ts'],
      },
      ...columns.map(({ place, oldPlace, ...rest }, index) => ({
        ...rest,
        name: `c${index}`,
        path: [...place, `c${index}`],
        alias: oldPlace && [...oldPlace, `was${index}`],
      })),
    ],
  }))

export function knowledgeOfColumn({ type }: DrawnColumn): Knowledge {
  return knowledgeOf(type as never)
}

/** The stream as a user would declare it. */
export function streamOf({ blockSize, lanes, columns }: DrawnSchema): StreamDefinition {
  return stream({
    topic: 'things',
    time: 'ts',
    blockSize,
    lanes,
    schema: Object.fromEntries(columns.map(column => [column.name, builderOf(column)])),
  })
}

function builderOf(column: DrawnColumn): ColumnBuilder {
  const { builder, standIn } = knowledgeOfColumn(column)
  const own = builder.path(column.path)
  const placed = column.alias === undefined ? own : own.alias(column.alias)
  if (column.lacking === 'null') return placed.optional()
  return column.lacking === 'default' ? placed.default(standIn.declared) : placed
}
