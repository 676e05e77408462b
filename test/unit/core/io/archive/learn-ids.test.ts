import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSegment } from '../../../../../batch-layer/archive/write-segment.ts'
import { compileDecoder } from '../../../../../core/decode/compile.ts'
import { Duplicates } from '../../../../../core/decode/deduplicate/duplicates.ts'
import { decodeEvents } from '../../../../../core/decode/event-batch.ts'
import type { ColumnBuilder } from '../../../../../core/define/types.ts'
import { stream, t } from '../../../../../core/index.ts'
import { type ArchivedOffsets, learnIds } from '../../../../../core/io/archive/learn-ids.ts'
import { partitionFolder } from '../../../../../core/io/archive/segment-chain.ts'
import { decoderId } from '../../../../../core/io/decoder-id.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../../../../core/io/files.ts'
import type { RecordBatch } from '../../../../../core/model/record.ts'
import type { Segment } from '../../../../../core/model/segment.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

let duckdb: DuckDB
let session: DuckDBSession
beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 200, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

/** Ids of each kind that can be one, as they stand in events: the extremes among them, and what is easily confused. */
const IDS: readonly (readonly [kind: string, column: ColumnBuilder, ids: readonly string[]])[] = [
  ['string', t.string(), ['"a"', '""', '"A"', '"a "', '"\\u0000"', '"Zürich 𝄞"', `"${'x'.repeat(100)}"`]],
  ['enum', t.enum('a', 'b', 'ab'), ['"a"', '"b"', '"ab"']],
  [
    'uuid',
    t.uuid(),
    [
      '"00000000-0000-0000-0000-000000000000"',
      '"00000000-0000-0000-0000-000000000001"',
      '"80000000-0000-0000-0000-000000000000"',
      '"01234567-89ab-cdef-0123-456789abcdef"',
      '"ffffffff-ffff-ffff-ffff-ffffffffffff"',
    ],
  ],
  ['int32', t.int32(), ['0', '1', '-1', '256', '2147483647', '-2147483648']],
  ['int64', t.int64(), ['0', '1', '-1', '4294967296', '9223372036854775807', '-9223372036854775808']],
  ['uint64', t.uint64(), ['0', '1', '256', '9223372036854775808', '18446744073709551615']],
]

describe.each(IDS)('an id of the type %s', (kind, column, ids) => {
  const events = stream({
    topic: 'events',
    time: 'ts',
    schema: { ts: t.timestamp('s'), id: column.optional() },
    id: 'id',
    within: 1000,
  })
  const decoder = compileDecoder(events)
  const batch = (start: number, texts: readonly string[]): RecordBatch => ({
    partition: 0,
    start,
    end: start + texts.length,
    records: texts.map((text, index) => ({
      offset: start + index,
      timestampMs: 0,
      key: null,
      value: Buffer.from(text),
      headers: [],
    })),
  })
  const eventsOf = (texts: readonly string[]) => texts.map(text => `{"ts":1,"id":${text}}`)
  // Behind the ids, events without one, and a record that is none.
  const first = batch(10, [...eventsOf([...ids, 'null']), '{"ts":1}', '{"ts":"bad","id":1}'])
  const [known, unknown] = [ids.slice(0, -1), ids.slice(-1)]

  async function archived(texts: readonly string[]): Promise<{ archive: string; segment: Segment }> {
    const archive = temporaryFolder()
    mkdirSync(partitionFolder(archive, 'events', 0), { recursive: true })
    const writer = { archive, topic: 'events', topicId: 'x', decoder, decoderId: decoderId(events), session }
    return { archive, segment: (await writeSegment({ ...writer, files: nodeFiles }, batch(10, texts)))! }
  }

  function marksOf(duplicates: Duplicates, start: number, texts: readonly string[]): number[] {
    const { columns } = decodeEvents('x', [batch(start, texts)], decoder, duplicates)
    const { values } = columns.columns.find(({ name }) => name === '__duplicate')!
    return [...(values as { data: Uint8Array }).data]
  }

  it.each([
    ['typed column', decoderId(events)],
    ['bytes, where another decoder made the column', 'another'],
  ])('is learnt from the archive’s %s as it is decoded', async (_, madeBy) => {
    const { archive, segment } = await archived([...eventsOf([...known, 'null']), 'bad'])
    const duplicates = new Duplicates(events.deduplication!)
    duplicates.begin(0, 10)
    const reading = { session, archive, stream: events, decoder, duplicates }
    await learnIds(reading, [{ segment: { ...segment, decoder: madeBy }, start: 10, end: segment.end }])
    const marks = marksOf(duplicates, segment.end, eventsOf([...known, ...unknown, 'null', ...unknown]))
    expect(marks, kind).toEqual([...known.map(() => 1), 0, 0, 1])
  })

  it('is told from all others, and a null or a bad record repeats nothing', () => {
    const duplicates = new Duplicates(events.deduplication!)
    duplicates.begin(0, 10)
    const texts = first.records.map(({ value }) => value!.toString())
    expect(marksOf(duplicates, 10, texts)).toEqual(texts.map(() => 0))
    const again = ids.map(() => 1)
    expect(marksOf(duplicates, first.end, texts)).toEqual([...again, 0, 0, 0])
  })
})

it('ids are learnt of many segments, whoever made them, from the middle of one to the middle of another', async () => {
  const events = stream({ topic: 'e', time: 'ts', schema: { ts: t.timestamp('s'), id: t.int32() }, id: 'id' })
  const decoder = compileDecoder(events)
  const archive = temporaryFolder()
  mkdirSync(partitionFolder(archive, 'e', 0), { recursive: true })
  const batch = (start: number, end: number): RecordBatch => ({
    partition: 0,
    start,
    end,
    records: Array.from({ length: end - start }, (_, index) => ({
      offset: start + index,
      timestampMs: 0,
      key: null,
      value: Buffer.from(`{"ts":1,"id":${start + index}}`),
      headers: [],
    })),
  })
  const writer = { archive, topic: 'e', topicId: 'x', decoder, session, files: nodeFiles }
  const parts: ArchivedOffsets[] = []
  for (const [index, madeBy] of ['ours', 'ours', 'lost', 'another', 'another', 'ours', 'ours'].entries()) {
    const [start, end] = [10 * index, 10 * index + 10]
    const range =
      madeBy === 'lost' ? { ...batch(start, start), end, isLost: true as const } : batch(start, end)
    const by = madeBy === 'another' ? 'another' : decoderId(events)
    parts.push({ segment: (await writeSegment({ ...writer, decoderId: by }, range))!, start, end })
  }
  parts[0] = { ...parts[0]!, start: 4 }
  parts[6] = { ...parts[6]!, end: 66 }
  const duplicates = new Duplicates(events.deduplication!)
  duplicates.begin(0, 4)
  await learnIds({ session, archive, stream: events, decoder, duplicates }, parts)
  const again = batch(0, 70).records.map(record => ({ ...record, offset: record.offset + 66 }))
  const { columns } = decodeEvents(
    'x',
    [{ partition: 0, start: 66, end: 136, records: again }],
    decoder,
    duplicates,
  )
  const { values } = columns.columns.find(({ name }) => name === '__duplicate')!
  const known = again.flatMap((_, id) => ((values as { data: Uint8Array }).data[id] === 1 ? [id] : []))
  expect(known).toEqual([...range(4, 20), ...range(30, 66)])
})

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

it('records that do not follow on those before them are not marked: their ids might be repeats', () => {
  const events = stream({ topic: 'e', time: 'ts', schema: { ts: t.timestamp(), id: t.string() }, id: 'id' })
  const decoder = compileDecoder(events)
  const duplicates = new Duplicates(events.deduplication!)
  const read = (start: number) =>
    decodeEvents('x', [{ partition: 0, start, end: start + 5, records: [] }], decoder, duplicates)
  expect(() => read(10)).toThrow(expect.objectContaining({ code: 'DEDUPLICATION_GAP' }))
  duplicates.begin(0, 10)
  read(10)
  expect(() => read(16)).toThrow(
    expect.objectContaining({
      code: 'DEDUPLICATION_GAP',
      details: { partition: 0, position: 15, start: 16 },
    }),
  )
})
