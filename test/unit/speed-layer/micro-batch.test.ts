import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countedEventsOf, countedSql } from '../../../batch-layer/audit/plain-sql.ts'
import { compileDecoder } from '../../../core/decode/compile.ts'
import { decodeEvents } from '../../../core/decode/event-batch.ts'
import { m, stream, t, view } from '../../../core/index.ts'
import { bindView } from '../../../core/io/duckdb/bind-view.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../core/io/duckdb/session.ts'
import { compileView } from '../../../core/sql/compiled-view.ts'
import { explainFailures } from '../../../speed-layer/explain-failures.ts'
import { foldView, loadEvents } from '../../../speed-layer/micro-batch.ts'
import type { ViewCursor } from '../../../speed-layer/view-cursor.ts'

let duckdb: DuckDB
let session: DuckDBSession

beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 500, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

const orders = stream({
  topic: 'orders',
  time: 'ts',
  blockSize: 4,
  schema: {
    ts: t.timestamp('ms'),
    text: t.string().optional(),
    items: t.list(t.struct({ sku: t.string(), qty: t.string() })).optional(),
  },
})

const bySku = view({
  name: 'by_sku',
  from: orders,
  unnest: { item: 'list_slice(items, 1, CAST(text AS INTEGER))' },
  where: 'CAST(item.qty AS INTEGER) > 0',
  grain: 'day',
  dimensions: { sku: 'left(item.sku, CAST(left(item.sku, 1) AS INTEGER))' },
  measures: { pieces: m.sum('CAST(item.qty AS INTEGER)'), lines: m.count() },
})

const item = (sku: string, qty: string) => JSON.stringify({ sku, qty })
const order = (text: string, ...items: string[]) => `{"ts":1,"text":"${text}","items":[${items.join()}]}`

/** What is said of each event, and the field that is named where one fails. */
const EVENTS: readonly (readonly [event: string, verdict: number, field?: string])[] = [
  [order('9', item('2ab', '3'), item('1c', '4')), 0],
  [order('9', item('2ab', '0'), item('2ab', '5')), 0],
  [order('9', item('xx', '0')), 1],
  [order('9'), 1],
  ['{"ts":1,"text":"9"}', 1],
  [order('0', item('2ab', '1')), 1],
  [order('no', item('2ab', '1')), 3, 'unnest.item'],
  [order('9', item('2ab', '1'), item('2ab', 'many')), 3, 'where'],
  [order('9', item('2ab', '1'), item('xab', '1'), item('2ab', '1')), 3, 'dimensions.sku'],
  // What does not pass is not asked for its dimensions.
  [order('9', item('2ab', '1'), item('xab', '0')), 0],
  ['{"ts":1,"items":1}', 2],
]

test('a view of elements judges whole events, names what fails, and is what plain SQL makes of them', async () => {
  const compiled = compileView(await bindView(session, orders, bySku))
  const records = EVENTS.map(([text], offset) => ({
    ...{ offset, timestampMs: 0, key: null, headers: [], value: Buffer.from(text) },
  }))
  const range = { partition: 0, start: 0, end: records.length, records }
  const batch = decodeEvents('id', [range], compileDecoder(orders))
  await loadEvents(session, [batch])
  const cursor: ViewCursor = {
    compiled,
    key: { view: 'by_sku', version: compiled.view.version, chain: 'c0', lane: 0 },
    position: { seq: -1, ends: new Map() },
  }
  const folded = (await foldView(session, cursor, new Map([[0, range]])))!
  const events = await session.rows<{ o: bigint; v: number }>(
    'SELECT __offset AS o, __verdict AS v FROM judged WHERE __counts ORDER BY o',
  )
  expect(events.map(({ o, v }) => [Number(o), v])).toEqual(
    EVENTS.map(([, verdict], offset) => [offset, verdict]),
  )
  const failures = await explainFailures(session, orders, [batch], folded)
  expect(
    failures.map(({ record, field }) => [record.offset, field]).sort(([a], [b]) => Number(a) - Number(b)),
  ).toEqual(EVENTS.flatMap(([, , field], offset) => (field === undefined ? [] : [[offset, field]])))

  await session.run(`CREATE OR REPLACE TEMP TABLE plain AS ${countedSql(compiled, 'events')}`)
  const fromFold = 'SELECT sku, pieces__value AS pieces FROM judged WHERE __verdict = 0 ORDER BY ALL'
  const expected = [
    { sku: '1', pieces: 4n },
    { sku: '2a', pieces: 1n },
    { sku: '2a', pieces: 3n },
    { sku: '2a', pieces: 5n },
  ]
  expect(await session.rows(fromFold)).toEqual(expected)
  expect(await session.rows('SELECT k0 AS sku, pieces__value AS pieces FROM plain ORDER BY ALL')).toEqual(
    expected,
  )
  expect(
    await session.rows(`SELECT __offset AS o FROM ${countedEventsOf(compiled, 'plain')} ORDER BY o`),
  ).toEqual([{ o: 0n }, { o: 1n }, { o: 9n }])
})
