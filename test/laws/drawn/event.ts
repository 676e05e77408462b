import fc from 'fast-check'
import type { Value } from '../expression.ts'
import type { Draft } from '../records.ts'
import type { Written } from './column-type.ts'
import { type DrawnColumn, type DrawnSchema, knowledgeOfColumn } from './schema.ts'

/** What stands in an event for a column. `undefined` is nothing at all. */
interface Cell {
  readonly column: DrawnColumn
  readonly value: Value
  readonly json: string | undefined
  /** What stands under the column's older name. */
  readonly old?: string | undefined
}

/** How an event is written, apart from its values. */
interface Manner {
  readonly isReversed: boolean
  /** A member that the schema does not know. */
  readonly hasMore: boolean
  /** Stands for an object of which nothing is there. */
  readonly emptyObject: string | undefined
}

const manner: fc.Arbitrary<Manner> = fc.record({
  isReversed: fc.boolean(),
  hasMore: fc.boolean(),
  emptyObject: fc.constantFrom(undefined, '{}', 'null'),
})

/** Bytes that are an event of no stream. */
const NO_EVENTS: readonly (string | null)[] = [null, '', 'not json', '[1]', '{}', '{"ts":}']

/** A record of a drawn stream, one in eight of them bad. */
export function drawnDraft(schema: DrawnSchema): fc.Arbitrary<Draft> {
  const cells = fc.tuple(...schema.columns.map(cellOf))
  const good = fc.tuple(cells, manner)
  return fc.oneof(
    {
      weight: 14,
      arbitrary: good.map(([cells, how]) => ({
        event: Object.fromEntries(cells.map(({ column, value }) => [column.name, value])),
        value: Buffer.from(eventText(cells, how)),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(...NO_EVENTS)
        .map(text => ({ event: undefined, value: text === null ? null : Buffer.from(text) })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(good, faultOf(schema))
        .map(([[cells, how], fault]) => ({ event: undefined, value: Buffer.from(fault(cells, how)) })),
    },
  )
}

function cellOf(column: DrawnColumn): fc.Arbitrary<Cell> {
  const { written, standIn } = knowledgeOfColumn(column)
  const own = written.map(({ value, json }: Written): Cell => ({ column, value, json }))
  const there = column.alias === undefined ? own : own.chain(cell => fc.constantFrom(...renamed(cell)))
  if (column.lacking === 'refused') return there
  const value = column.lacking === 'null' ? null : standIn.value
  const lacking = fc.constantFrom(undefined, 'null').map((json): Cell => ({ column, value, json }))
  return fc.oneof({ weight: 5, arbitrary: there }, { weight: 1, arbitrary: lacking })
}

/** The ways to write a value of a column with an older name: its own name goes first, and null is nothing. */
function renamed({ json, ...cell }: Cell): Cell[] {
  return [
    { ...cell, json },
    { ...cell, json, old: 'null' },
    { ...cell, json, old: '{"no": ["value"]}' },
    { ...cell, json: undefined, old: json },
    { ...cell, json: 'null', old: json },
  ]
}

/** Makes the text of a good event that of a bad one. */
type Fault = (cells: readonly Cell[], how: Manner) => string

function faultOf({ columns }: DrawnSchema): fc.Arbitrary<Fault> {
  const ofColumn = fc.constantFrom(...columns).chain(column => {
    const refused = [
      ...knowledgeOfColumn(column).refused,
      ...(column.lacking === 'refused' ? ['null', undefined] : []),
    ]
    return fc.constantFrom(...refused).map(
      (json): Fault =>
        (cells, how) =>
          eventText(
            cells.map(cell => (cell.column === column ? { ...cell, json, old: undefined } : cell)),
            how,
          ),
    )
  })
  const twice: Fault = (cells, how) =>
    `{${JSON.stringify(columns[0]!.path[0])}:null,${eventText(cells, how).slice(1)}`
  return fc.oneof({ weight: 6, arbitrary: ofColumn }, { weight: 1, arbitrary: fc.constant(twice) })
}

function eventText(cells: readonly Cell[], how: Manner): string {
  return objectText(
    cells.flatMap(({ column, json, old }) => [
      { path: column.path, json },
      ...(column.alias === undefined ? [] : [{ path: column.alias, json: old }]),
    ]),
    how,
  )
}

interface Member {
  readonly path: readonly string[]
  readonly json: string | undefined
}

function objectText(members: readonly Member[], how: Manner): string {
  const keys = [...new Set(members.map(({ path }) => path[0]!))]
  const texts = keys.flatMap(key => {
    const inside = members.filter(({ path }) => path[0] === key)
    const json = memberText(inside, how)
    return json === undefined ? [] : [`${JSON.stringify(key)}: ${json}`]
  })
  const all = how.hasMore ? [...texts, '"more":[{"ts":1}]', '"more":0'] : texts
  return `{${(how.isReversed ? all.reverse() : all).join(', ')}}`
}

/** A value, or an object of what stands inside. */
function memberText(members: readonly Member[], how: Manner): string | undefined {
  const [first] = members
  if (first!.path.length === 1) return first!.json
  if (members.every(({ json }) => json === undefined)) return how.emptyObject
  return objectText(
    members.map(({ path, json }) => ({ path: path.slice(1), json })),
    how,
  )
}
