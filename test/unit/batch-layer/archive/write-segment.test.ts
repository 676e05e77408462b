import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sweepStaging } from '../../../../batch-layer/archive/sweep.ts'
import { writeSegment } from '../../../../batch-layer/archive/write-segment.ts'
import { compileDecoder } from '../../../../core/decode/compile.ts'
import { stream, t } from '../../../../core/index.ts'
import { descriptorName } from '../../../../core/io/archive/descriptor.ts'
import { readSegmentRecords } from '../../../../core/io/archive/read-segment.ts'
import { partitionFolder, walkChain } from '../../../../core/io/archive/segment-chain.ts'
import { verifySegment } from '../../../../core/io/archive/verify-segment.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../core/io/duckdb/session.ts'
import { type Files, nodeFiles } from '../../../../core/io/files.ts'
import type { RawRecord, RecordBatch } from '../../../../core/model/record.ts'
import { lostRanges, type Segment } from '../../../../core/model/segment.ts'
import { ORIGIN } from '../../../support/segments.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const orders = stream({ topic: ORIGIN.topic, time: 'ts', schema: { ts: t.timestamp(), id: t.uint64() } })
const decoder = compileDecoder(orders)

let duckdb: DuckDB
let session: DuckDBSession
beforeAll(async () => {
  duckdb = await openDuckDB({ threads: 1, memoryLimitMb: 200, tempDirectory: tmpdir() })
  session = await duckdb.session()
})
afterAll(() => duckdb.close())

const writer = (archive: string, files: Files = nodeFiles, ownSession = session) => ({
  archive,
  topic: ORIGIN.topic,
  topicId: ORIGIN.topicId,
  decoder,
  decoderId: 'now',
  session: ownSession,
  files,
})

const record = (offset: number, change: Partial<RawRecord> = {}): RawRecord => ({
  offset,
  timestampMs: 1_700_000_000_000 + offset,
  key: null,
  value: Buffer.from(`{"ts":"2024-02-29T00:00:00Z","id":${offset}}`),
  headers: [],
  ...change,
})

/** Everything a record can be: with a key, headers twice of a name, a tombstone, bytes that are no text, gaps between. */
const RECORDS: RawRecord[] = [
  record(3),
  record(4, { key: Buffer.from([0, 255]), value: Buffer.from([0xff, 0x00]) }),
  record(9, {
    headers: [
      { name: 'a', value: Buffer.from([1, 0, 2]) },
      { name: 'a', value: null },
      { name: '', value: Buffer.alloc(0) },
    ],
  }),
  record(10, { value: null }),
  record(11, { value: Buffer.alloc(0) }),
]
const RANGE: RecordBatch = { partition: 0, start: 2, end: 15, records: RECORDS }
const AT_2 = { ...ORIGIN, begin: 2 }

const openArchive = (): string => {
  const archive = temporaryFolder()
  mkdirSync(partitionFolder(archive, ORIGIN.topic, 0), { recursive: true })
  return archive
}

const filesIn = (archive: string) => readdirSync(partitionFolder(archive, ORIGIN.topic, 0)).sort()

const plain = (records: readonly RawRecord[]) =>
  records.map(({ key, value, headers, ...rest }) => ({
    ...rest,
    key: key && [...key],
    value: value && [...value],
    headers: headers.map(header => ({ name: header.name, value: header.value && [...header.value] })),
  }))

/** A session that hands everything on: for tests to change one thing of it. */
const forwarding = (to: DuckDBSession): DuckDBSession => ({
  run: sql => to.run(sql),
  rows: sql => to.rows(sql),
  columns: sql => to.columns(sql),
  load: (relation, batch) => to.load(relation, batch),
  copyToParquet: (select, options) => to.copyToParquet(select, options),
  copyToParquetFile: (select, path, options) => to.copyToParquetFile(select, path, options),
  interrupt: () => to.interrupt(),
  close: () => to.close(),
})

describe('a segment', () => {
  test('holds its records as Kafka gave them, and what the decoder says of them', async () => {
    const archive = openArchive()
    const segment = (await writeSegment(writer(archive), RANGE))!
    expect(segment).toMatchObject({
      start: 2,
      end: 15,
      records: 5,
      accepted: 2,
      quarantined: 3,
      decoder: 'now',
    })
    expect(await walkChain(nodeFiles, archive, AT_2)).toEqual({ segments: [segment], end: 15 })
    await verifySegment(nodeFiles, archive, segment)
    const all = await readSegmentRecords(session, archive, segment, 2, 100)
    expect(all).toMatchObject({ partition: 0, start: 2, end: 15 })
    expect(plain(all.records)).toEqual(plain(RECORDS))
    expect(filesIn(archive)).toEqual([segment.file, descriptorName(2)].sort())
  })

  test('is read in pages, each of which tells where to go on', async () => {
    const archive = openArchive()
    const segment = (await writeSegment(writer(archive), RANGE))!
    const pages: [number, number[]][] = []
    for (let position = 2; position < segment.end; ) {
      const page = await readSegmentRecords(session, archive, segment, position, 2)
      pages.push([page.end, page.records.map(({ offset }) => offset)])
      position = page.end
    }
    expect(pages).toEqual([
      [5, [3, 4]],
      [11, [9, 10]],
      [15, [11]],
    ])
  })

  test('may be of a range without records', async () => {
    const archive = openArchive()
    const segment = (await writeSegment(writer(archive), { partition: 0, start: 2, end: 500, records: [] }))!
    expect(segment).toMatchObject({ start: 2, end: 500, records: 0, digest: '0' })
    expect(await readSegmentRecords(session, archive, segment, 2, 100)).toMatchObject({
      end: 500,
      records: [],
    })
  })
})

test('a range that was declared lost is a segment without records, that says so', async () => {
  const archive = openArchive()
  const lost = { partition: RANGE.partition, start: 2, end: 15, records: [], isLost: true } as const
  const segment = (await writeSegment(writer(archive), lost))!
  expect(segment).toMatchObject({ start: 2, end: 15, lost: 13, records: 0, digest: '0' })
  expect(await walkChain(nodeFiles, archive, AT_2)).toEqual({ segments: [segment], end: 15 })
  expect(lostRanges([segment])).toEqual([{ partition: RANGE.partition, start: 2, end: 15 }])
  const plain = (await writeSegment(writer(archive), { ...RANGE, start: 15, end: 20, records: [] }))!
  expect(plain).not.toHaveProperty('lost')
  expect(lostRanges([plain])).toEqual([])
})

test.each([
  ['rows are missing', (select: string) => `FROM (${select}) LIMIT 4`],
  ['a hash is another', (select: string) => `SELECT * REPLACE (__hash + 1 AS __hash) FROM (${select})`],
  [
    'an offset is not of the range',
    (select: string) => `SELECT * REPLACE (__offset + 4 AS __offset) FROM (${select})`,
  ],
])('a file that does not read back as it was meant is no segment: %s', async (_, spoil) => {
  const archive = openArchive()
  const spoiling: DuckDBSession = {
    ...forwarding(session),
    copyToParquetFile: (select, path, options) => session.copyToParquetFile(spoil(select), path, options),
  }
  await expect(writeSegment(writer(archive, nodeFiles, spoiling), RANGE)).rejects.toMatchObject({
    code: 'SEGMENT_UNREADABLE',
  })
  expect(filesIn(archive)).toEqual([])
})

describe('of writers from the same start', () => {
  test('one wins, and the others leave no file', async () => {
    const archive = openArchive()
    const sessions = await Promise.all([1, 2, 3, 4].map(() => duckdb.session()))
    const written = await Promise.all(
      sessions.map(own => writeSegment(writer(archive, nodeFiles, own), RANGE)),
    )
    const won = written.filter(segment => segment !== undefined)
    expect(won).toHaveLength(1)
    expect(filesIn(archive)).toEqual([won[0]!.file, descriptorName(2)].sort())
    await verifySegment(nodeFiles, archive, won[0]!)
    await Promise.all(sessions.map(own => own.close()))
  })

  /** What another archiver does between two steps of the one under test. */
  async function overtake(archive: string): Promise<Segment> {
    const first = await writeSegment(writer(archive), RANGE)
    const folder = partitionFolder(archive, ORIGIN.topic, 0)
    await sweepStaging(nodeFiles, folder, await walkChain(nodeFiles, archive, AT_2))
    return first!
  }

  test.each(['sync', 'describe', 'sha256', 'writeSynced', 'syncDirectory', 'link'] as const)(
    'the one whose files another one has swept before %s adopts what that one has linked',
    async step => {
      const archive = openArchive()
      let first: Segment | undefined
      const act = nodeFiles[step] as (...args: unknown[]) => Promise<unknown>
      const overtaken = async (...args: unknown[]) => {
        first ??= await overtake(archive)
        return act(...args)
      }
      const files = { ...nodeFiles, [step]: overtaken } as Files
      expect(await writeSegment(writer(archive, files), RANGE)).toBeUndefined()
      expect(filesIn(archive)).toEqual([first!.file, descriptorName(2)].sort())
    },
  )

  test('the one whose file another one has swept before it is read back adopts, too', async () => {
    const archive = openArchive()
    const own = await duckdb.session()
    let first: Segment | undefined
    const overtaken: DuckDBSession = {
      ...forwarding(own),
      async copyToParquetFile(select, path, options) {
        await own.copyToParquetFile(select, path, options)
        first = await overtake(archive)
      },
    }
    expect(await writeSegment(writer(archive, nodeFiles, overtaken), RANGE)).toBeUndefined()
    expect(filesIn(archive)).toEqual([first!.file, descriptorName(2)].sort())
    await own.close()
  })

  test('the one whose link is carried out and answered as refused knows its own', async () => {
    const archive = openArchive()
    const files: Files = {
      ...nodeFiles,
      async link(existing, name) {
        await nodeFiles.link(existing, name)
        return false
      },
    }
    const segment = await writeSegment(writer(archive, files), RANGE)
    expect(segment).toBeDefined()
    await verifySegment(nodeFiles, archive, segment!)
  })
})

/** A file system that fails at its step number `step`, and carries nothing out from then on: the process is gone. */
function dyingAt(step: number): Files {
  let steps = 0
  const mortal = <A extends unknown[], R>(act: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      if (++steps >= step) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      return act(...args)
    }
  }
  return Object.fromEntries(
    Object.entries(nodeFiles).map(([name, act]) => [
      name,
      mortal(act as (...args: unknown[]) => Promise<unknown>),
    ]),
  ) as unknown as Files
}

describe('a writer that ends in the middle', () => {
  test('leaves nothing or the whole segment, at whatever step', async () => {
    let hasNone = 0
    let hasAll = 0
    for (let step = 1; ; step++) {
      const archive = openArchive()
      const outcome = await writeSegment(writer(archive, dyingAt(step)), RANGE).catch(error => error)
      const { segments } = await walkChain(nodeFiles, archive, AT_2)
      for (const segment of segments) await verifySegment(nodeFiles, archive, segment)
      if (segments.length === 1) hasAll += 1
      else hasNone += 1
      // Whatever was left does not keep the next one from archiving the range.
      if (segments.length === 0) expect(await writeSegment(writer(archive), RANGE)).toBeDefined()
      rmSync(archive, { recursive: true })
      if (!(outcome instanceof Error)) break
    }
    expect(hasNone).toBeGreaterThanOrEqual(5)
    expect(hasAll).toBeGreaterThanOrEqual(2)
  })

  test.each(['sync', 'writeSynced', 'syncDirectory'] as const)(
    'for want of room in %s leaves no file behind, and names the cause',
    async name => {
      const archive = openArchive()
      const failing: Files = {
        ...nodeFiles,
        [name]: () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })),
      }
      await expect(writeSegment(writer(archive, failing), RANGE)).rejects.toMatchObject({ code: 'ENOSPC' })
      expect(filesIn(archive)).toEqual([])
      expect((await walkChain(nodeFiles, archive, AT_2)).segments).toEqual([])
    },
  )

  test('after the link keeps the segment, though it could not be told to be durable', async () => {
    const archive = openArchive()
    let syncs = 0
    const files: Files = {
      ...nodeFiles,
      syncDirectory: path =>
        ++syncs === 2 ? Promise.reject(new Error('EIO')) : nodeFiles.syncDirectory(path),
    }
    await expect(writeSegment(writer(archive, files), RANGE)).rejects.toThrow('EIO')
    const { segments } = await walkChain(nodeFiles, archive, AT_2)
    expect(segments).toHaveLength(1)
    await verifySegment(nodeFiles, archive, segments[0]!)
  })
})
