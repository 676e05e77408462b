import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSegmentRecords, readSegmentValues } from '../../../../../core/io/archive/read-segment.ts'
import { segmentPath } from '../../../../../core/io/archive/segment-chain.ts'
import { type DuckDB, type DuckDBSession, openDuckDB } from '../../../../../core/io/duckdb/session.ts'
import type { RecordValue } from '../../../../../core/model/record.ts'
import type { Segment } from '../../../../../core/model/segment.ts'

const segment: Segment = {
  format: 1,
  topic: 'clicks',
  topicId: 'id',
  partition: 3,
  start: 10,
  end: 30,
  file: 'a.parquet',
  sizeBytes: 0,
  sha256: '',
  records: 8,
  accepted: 0,
  quarantined: 0,
  digest: '0',
  decoder: '',
}

/** Two of these are larger than what is read at a time. */
const LARGE_BYTES = 9 * 2 ** 20

let duckdb: DuckDB
let session: DuckDBSession
let archive: string

beforeAll(async () => {
  archive = mkdtempSync(join(tmpdir(), 'twofold-'))
  duckdb = await openDuckDB({ threads: 2, memoryLimitMb: 1000, tempDirectory: archive })
  session = await duckdb.session()
  const path = segmentPath(archive, segment)
  mkdirSync(dirname(path), { recursive: true })
  const large = (letter: string) => `encode(repeat('${letter}', ${LARGE_BYTES}))`
  await session.copyToParquetFile(
    `SELECT *, NULL::BLOB AS __key, 7::BIGINT AS __timestamp, NULL::VARCHAR AS __headers FROM (VALUES
       (10::BIGINT, encode('first')), (12, NULL), (13, ''::BLOB), (14, '\\x00\\xFF\\x0A'::BLOB),
       (15, ${large('a')}), (20, ${large('b')}), (21, ${large('c')}), (29, encode('last'))) v(__offset, __value)`,
    path,
    { compression: 'zstd', rowGroupSize: 2048 },
  )
  await session.copyToParquetFile(
    `SELECT * FROM (VALUES (1::BIGINT, encode('one'), NULL::BLOB, 7::BIGINT, NULL::VARCHAR),
       (2, NULL, encode('k'), 8, '[["x","aw=="],["x",null]]')) v(__offset, __value, __key, __timestamp, __headers)`,
    segmentPath(archive, { ...segment, file: 'b.parquet' }),
    { compression: 'zstd', rowGroupSize: 2048 },
  )
})

afterAll(async () => {
  await duckdb.close()
  rmSync(archive, { recursive: true, force: true })
})

describe('the values of a segment', () => {
  it('are those of its records, byte by byte, tombstones and gaps included', async () => {
    const values = await readSegmentValues(session, archive, segment, 10, 30)
    const records = await readSegmentRecords(session, archive, segment, 10, 100)
    expect(values).toMatchObject({ partition: 3, start: 10, end: 30 })
    expect(values.records.map(({ offset }) => offset)).toEqual([10, 12, 13, 14, 15, 20, 21, 29])
    for (const [index, { offset, value }] of records.records.entries()) {
      expect(values.records[index]!.offset).toBe(offset)
      const found = values.records[index]!.value
      expect(found === null ? null : Buffer.compare(found, value!)).toBe(value === null ? null : 0)
    }
  })

  it('come with what stands around them where a stream reads it', async () => {
    const values = await readSegmentValues(session, archive, { ...segment, file: 'b.parquet' }, 0, 9, true)
    const records = await readSegmentRecords(session, archive, { ...segment, file: 'b.parquet' }, 0, 9)
    const shown = ({ value, ...rest }: RecordValue) => ({ ...rest, value: value && Buffer.from(value) })
    expect(values.records.map(shown)).toEqual(records.records.map(shown))
    expect(values.records[1]).toEqual({
      offset: 2,
      timestampMs: 8,
      key: new Uint8Array([107]),
      value: null,
      headers: [
        { name: 'x', value: Buffer.from('k') },
        { name: 'x', value: null },
      ],
    })
  })

  it('are read from an offset on, up to another', async () => {
    const read = async (from: number, to: number) =>
      (await readSegmentValues(session, archive, segment, from, to)).records.map(({ offset }) => offset)
    expect(await read(13, 15)).toEqual([13, 14])
    expect(await read(16, 20)).toEqual([])
    expect(await read(12, 13)).toEqual([12])
  })
})
