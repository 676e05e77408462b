import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ChangePreview, previewChange } from '../../../../batch-layer/preview/preview-change.ts'
import { defineProject, m, stream, t, view } from '../../../../core/index.ts'
import { bindProject } from '../../../../core/io/duckdb/bind-view.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../core/io/duckdb/session.ts'
import { nodeFiles } from '../../../../core/io/files.ts'
import { archiveEvents } from '../../../support/archived-events.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

let duckdb: DuckDB
let session: DuckDBSession
beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 200, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

/** The report's stream: `qty` as an integer or a decimal, and which of it counts. */
async function definitions(qty: 'int' | 'decimal', where?: string) {
  const zips = stream({
    topic: 'zips',
    time: 'ts',
    schema: { ts: t.timestamp(), qty: qty === 'int' ? t.int64() : t.decimal(12, 2) },
  })
  const qtyByHour = view({
    name: 'qty_by_hour',
    from: zips,
    grain: 'hour',
    ...(where !== undefined && { where }),
    measures: { events: m.count(), qty: m.sum('qty'), largest: m.max('qty') },
  })
  const project = defineProject({ streams: [zips], views: [qtyByHour] })
  return { streams: project.streams, views: await bindProject(session, project) }
}

const event = (qty: string) => `{"ts":"2026-01-05T10:00:00Z","qty":${qty}}`
const QTY = ['1', '2', '"3"', '4.0', '4.5']

async function archived(values: readonly string[] = QTY.map(event)): Promise<string> {
  const archive = temporaryFolder()
  await archiveEvents(session, archive, (await definitions('int')).streams[0]!, values)
  return archive
}

type Definitions = Awaited<ReturnType<typeof definitions>>
const preview = (
  archive: string,
  next: Definitions,
  running?: Definitions,
  records = 100,
): Promise<ChangePreview> => previewChange({ session, files: nodeFiles, archive, records, ...next, running })

test('an integer that becomes a decimal takes the fraction in, and every measure says by how much', async () => {
  const archive = await archived()
  const files = readdirSync(archive, { recursive: true })
  expect(await preview(archive, await definitions('decimal'), await definitions('int'))).toMatchObject({
    isCompared: true,
    isRefusing: false,
    streams: [
      {
        stream: 'zips',
        records: 5,
        before: { accepted: 4, rejected: 1 },
        after: { accepted: 5, rejected: 0 },
        newlyRefused: [],
        newlyAccepted: [
          { field: 'qty', records: 1, example: { partition: 0, offset: 4, value: event('4.5') } },
        ],
      },
    ],
    views: [
      {
        view: 'qty_by_hour',
        isNewVersion: true,
        before: { accepted: 4, filtered: 0, quarantined: 1 },
        after: { accepted: 5, filtered: 0, quarantined: 0 },
        measures: [
          { measure: 'events', before: '4', after: '5' },
          { measure: 'qty', before: '10', after: '14.50' },
          { measure: 'largest', before: '4', after: '4.50' },
        ],
      },
    ],
    dropped: [],
  })
  expect(readdirSync(archive, { recursive: true })).toEqual(files)
})

test('a decimal that becomes an integer is told to refuse, with the reason and the first record', async () => {
  const found = await preview(await archived(), await definitions('int'), await definitions('decimal'))
  expect(found.isRefusing).toBe(true)
  expect(found.streams[0]!.newlyRefused).toMatchObject([{ field: 'qty', records: 1, example: { offset: 4 } }])
})

test('a condition and an expression that fails are told by view', async () => {
  const running = await definitions('int')
  const filtering = await preview(await archived(), await definitions('int', 'qty > 2'), running)
  expect(filtering.views[0]).toMatchObject({ after: { accepted: 2, filtered: 2, quarantined: 1 } })
  expect(filtering.isRefusing).toBe(false)
  const failing = await definitions('int', "CAST(CASE WHEN qty = 2 THEN 'x' ELSE '1' END AS INTEGER) = 1")
  expect(await preview(await archived(), failing, running)).toMatchObject({
    isRefusing: true,
    views: [{ after: { accepted: 3, quarantined: 2 }, firstFailure: { partition: 0, offset: 1 } }],
  })
})

test('a definition that is the same changes nothing', async () => {
  const same = await definitions('int')
  const found = await preview(await archived(), same, same)
  expect(found.views[0]).toMatchObject({ isNewVersion: false, firstFailure: null })
  for (const measure of found.views[0]!.measures) expect(measure.before).toBe(measure.after)
  expect(found.isRefusing).toBe(false)
})

test('only the newest records are read, of each partition about as many', async () => {
  const archive = temporaryFolder()
  const { streams } = await definitions('int')
  const numbers = (count: number, qty: number) => Array.from({ length: count }, () => event(String(qty)))
  await archiveEvents(session, archive, streams[0]!, numbers(50, 1))
  await archiveEvents(session, archive, streams[0]!, numbers(10, 100), { start: 50 })
  await archiveEvents(session, archive, streams[0]!, numbers(3, 1000), { partition: 1, start: 7 })
  const { streams: read, views } = await preview(archive, await definitions('int'), undefined, 13)
  expect(read[0]!.records).toBe(13)
  expect(views[0]!.measures).toContainEqual({ measure: 'qty', after: '4000' })
})

test('without the definitions that run there is nothing to compare with, and what is refused is told', async () => {
  expect(await preview(await archived(), await definitions('int'))).toMatchObject({
    isCompared: false,
    isRefusing: true,
    streams: [{ before: null, newlyRefused: [{ field: 'qty', records: 1 }] }],
    views: [{ before: null, measures: [{ measure: 'events', after: '4' }, {}, {}] }],
  })
})

test('an empty archive is an error, and not a definition that changes nothing', async () => {
  await expect(preview(temporaryFolder(), await definitions('int'))).rejects.toMatchObject({
    code: 'ARCHIVE_EMPTY',
  })
})
