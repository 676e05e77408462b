import fc from 'fast-check'
import type { Value } from '../expression.ts'
import type { Draft } from '../records.ts'
import type { Written } from './column-type.ts'
import { refusedLists, writtenList } from './list.ts'
import { type DrawnColumn, type DrawnList, type DrawnSchema, knowledgeOfColumn } from './schema.ts'

/** What stands in an event, or around it, for a column. `undefined` is nothing at all. */
interface Cell {
  readonly column: Pick<DrawnColumn, 'name' | 'path' | 'from' | 'alias'>
  readonly value: Value
  readonly json: string | undefined
  /** What stands under the column's older name. */
  readonly old?: string | undefined
}

/** Bytes that are no value of any type. */
const NO_TEXT = Buffer.from([0xff])

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
const NO_EVENTS: readonly (string | null)[] = [null, '', 'not json', '[1]', '{"ts":}']

/** A record of a drawn stream: an event, or several, one in eight of them bad. */
export function drawnDraft(schema: DrawnSchema): fc.Arbitrary<Draft> {
  const { records } = schema
  return records === undefined ? drawnEvent(schema) : framedDraft(schema, records)
}

/** Now and then no events, a record that cannot be taken apart, or a tombstone. */
function framedDraft(schema: DrawnSchema, records: NonNullable<DrawnSchema['records']>): fc.Arbitrary<Draft> {
  const tombstone: Draft = { event: undefined, value: null, isIgnored: schema.ignoresTombstones === true }
  const broken = ['', 'not json', '{"batch":{"events":[1}}', '{"batch":null}', '7'].map(
    (text): Draft => ({ event: undefined, value: Buffer.from(text) }),
  )
  const events = fc.array(drawnEvent(schema), { maxLength: 4 }).map(drafts =>
    framed(
      records,
      drafts.filter(({ value }) => value !== null),
    ),
  )
  return fc.oneof(
    { weight: 12, arbitrary: events },
    { weight: 1, arbitrary: fc.constantFrom(tombstone, ...(records === 'lines' ? [] : broken)) },
  )
}

/** A record of these events. In a list, what is no JSON makes the whole record unreadable; a line is by itself. */
function framed(records: NonNullable<DrawnSchema['records']>, drafts: readonly Draft[]): Draft {
  const texts = drafts.map(({ value }) => Buffer.from(value!).toString())
  if (records === 'lines') {
    const value = Buffer.from(texts.join('\r\n'))
    return { event: undefined, value, parts: drafts.filter((_, k) => texts[k]!.trim() !== '') }
  }
  const list = `[ ${texts.join(' ,')}]`
  const text = records === 'array' ? list : `{"more":[1],"batch":{"events" :${list}}}`
  const value = Buffer.from(text)
  return { event: undefined, value, ...(texts.every(isJson) && { parts: drafts }) }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function drawnEvent(schema: DrawnSchema): fc.Arbitrary<Draft> {
  const lists = fc.tuple(...(schema.lists ?? []).map(listCell))
  const ofColumns = fc.tuple(...schema.columns.map(cellOf)).map(withTimestampMs)
  const cells = fc.tuple(ofColumns, lists).map(([cells, lists]) => [...cells, ...lists])
  const hasRequired =
    schema.columns.some(({ from, lacking }) => from === undefined && lacking === 'refused') ||
    schema.lists?.some(({ isOptional }) => !isOptional)
  const noEvents = hasRequired ? [...NO_EVENTS, '{}'] : NO_EVENTS
  const good = fc.tuple(cells, manner)
  return fc.oneof(
    {
      weight: 14,
      arbitrary: good.map(([cells, how]) => ({
        event: Object.fromEntries(cells.map(({ column, value }) => [column.name, value])),
        value: Buffer.from(eventText(cells, how)),
        envelope: envelopeOf(cells),
        ofPlace: placeOf(schema),
      })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...noEvents).map(text => ({
        event: undefined,
        value: text === null ? null : Buffer.from(text),
        isIgnored: text === null && schema.ignoresTombstones === true,
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(good, faultOf(schema))
        .map(([[cells, how], fault]) => ({ event: undefined, ...fault(cells, how) })),
    },
  )
}

/** To its columns a list is one like any other, whose value is its elements. */
function listCell(list: DrawnList): fc.Arbitrary<Cell> {
  const plain: Manner = { isReversed: false, hasMore: true, emptyObject: '{}' }
  return writtenList(list, members => objectText(members, plain)).map(({ elements, json }) => ({
    column: list,
    value: elements as unknown as Value,
    json,
  }))
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

/** Makes a good event a bad one. */
type Fault = (cells: readonly Cell[], how: Manner) => Pick<Draft, 'value' | 'envelope'>

function faultOf(schema: DrawnSchema): fc.Arbitrary<Fault> {
  const ofPlace = (column: DrawnColumn) => column.from !== undefined && column.from.part in PLACE_PARTS
  const columns = schema.columns.filter(column => !ofPlace(column))
  const inside = columns.filter(({ from }) => from === undefined)
  const ofColumn = fc.constantFrom(...columns).chain(faultOfColumn)
  const twice: Fault = (cells, how) => ({
    value: Buffer.from(`{${JSON.stringify(inside[0]!.path[0])}:null,${eventText(cells, how).slice(1)}`),
    envelope: envelopeOf(cells),
  })
  const ofLists = (schema.lists ?? []).map(list => ({ weight: 2, arbitrary: faultOfList(list) }))
  return fc.oneof({ weight: 6, arbitrary: ofColumn }, ...ofLists, {
    weight: inside.length > 0 ? 1 : 0,
    arbitrary: fc.constant(twice),
  })
}

/** Always there: no record lacks them. */
const PLACE_PARTS = { partition: true, offset: true } as const

function faultOfList(list: DrawnList): fc.Arbitrary<Fault> {
  return fc.constantFrom(...refusedLists(list)).map(
    (json): Fault =>
      (cells, how) => ({
        value: Buffer.from(eventText(replaced(cells, list, json), how)),
        envelope: envelopeOf(cells),
      }),
  )
}

function replaced(cells: readonly Cell[], column: Cell['column'], json: string | undefined): Cell[] {
  return cells.map(cell => (cell.column === column ? { ...cell, json, old: undefined } : cell))
}

function faultOfColumn(column: DrawnColumn): fc.Arbitrary<Fault> {
  const isMissed = column.lacking === 'refused'
  if (column.from !== undefined) {
    const bytes =
      column.from.part === 'timestamp' ? -1 : fc.constantFrom(...(isMissed ? [NO_TEXT, null] : [NO_TEXT]))
    const drawn = typeof bytes === 'number' ? fc.constant(null) : bytes
    return drawn.map(
      (bytes): Fault =>
        (cells, how) => ({
          value: Buffer.from(eventText(cells, how)),
          envelope: envelopeOf(cells, column, bytes),
        }),
    )
  }
  const refused = [...knowledgeOfColumn(column).refused, ...(isMissed ? ['null', undefined] : [])]
  return fc.constantFrom(...refused).map(
    (json): Fault =>
      (cells, how) => ({
        value: Buffer.from(eventText(replaced(cells, column, json), how)),
        envelope: envelopeOf(cells),
      }),
  )
}

/** Kafka's timestamps have no fraction of a millisecond. */
function withTimestampMs(cells: readonly Cell[]): Cell[] {
  return cells.map(cell => {
    if (cell.column.from?.part !== 'timestamp') return cell
    // −1 says that there is none.
    const us = cell.value as bigint
    const ms = (us - (((us % 1000n) + 1000n) % 1000n)) / 1000n
    const known = ms === -1n ? 0n : ms
    return { ...cell, value: known * 1000n, json: `${known}` }
  })
}

/** What the record has around the event; of the column `at` these bytes instead of its own. */
function envelopeOf(
  cells: readonly Cell[],
  at?: DrawnColumn,
  bytes: Uint8Array | null = null,
): NonNullable<Draft['envelope']> {
  const textOf = ({ column, json }: Cell) => {
    if (column === at) return bytes
    if (json === undefined || json === 'null') return null
    return Buffer.from(json.startsWith('"') ? (JSON.parse(json) as string) : json)
  }
  const timestamp = cells.find(({ column }) => column.from?.part === 'timestamp')
  const key = cells.find(({ column }) => column.from?.part === 'key')
  const headers = cells.flatMap(cell => {
    const { from } = cell.column
    if (from?.part !== 'header') return []
    const value = textOf(cell)
    // The last of a name counts.
    return [...(value === null ? [] : [{ name: from.name, value: NO_TEXT }]), { name: from.name, value }]
  })
  return {
    headers,
    ...(key !== undefined && { key: textOf(key) }),
    ...(timestamp !== undefined && { timestampMs: timestamp.column === at ? -1 : Number(timestamp.json) }),
  }
}

/** The columns that are the record's own place in the log. */
function placeOf({ columns }: DrawnSchema): NonNullable<Draft['ofPlace']> {
  return (partition, offset) =>
    Object.fromEntries(
      columns.flatMap(({ name, from }) => {
        if (from?.part === 'partition') return [[name, BigInt(partition)]]
        return from?.part === 'offset' ? [[name, BigInt(offset)]] : []
      }),
    )
}

function eventText(cells: readonly Cell[], how: Manner): string {
  return objectText(
    cells
      .filter(({ column }) => column.from === undefined)
      .flatMap(({ column, json, old }) => [
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
