import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dialectOf, importIdOf, markWriter, readMark } from '../../../../ingest/file/import-mark.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const run = { importId: '0123456789abcdef', startedAtMs: 1_700_000_000_000, partitions: 4, dialect: '' }

test('a mark is read back as it was written, by its own import alone', () => {
  const headers = [{ name: 'other', value: Buffer.from('x') }, ...markWriter(run)(2_999_999)]
  expect(readMark(headers, run.importId)).toEqual({ ...run, row: 2_999_999 })
  expect(readMark(headers, 'ffffffffffffffff')).toBeUndefined()
  expect(readMark([], run.importId)).toBeUndefined()
})

test('a mark names the dialect of the file where it is not the usual one, and reads as before where it is', () => {
  const [usual, other] = ['', dialectOf('a fingerprint')].map(dialect => markWriter({ ...run, dialect })(7))
  expect(String(usual![0]!.value)).toBe('0123456789abcdef:7:4:1700000000000')
  expect(String(other![0]!.value)).toMatch(/^0123456789abcdef:7:4:1700000000000:[0-9a-f]{8}$/)
  expect(readMark(other!, run.importId)).toEqual({ ...run, row: 7, dialect: dialectOf('a fingerprint') })
  expect(dialectOf('')).toBe('')
})

test('the id of an import is that of stream, file name and size, not of the folder or the time', async () => {
  const folder = temporaryFolder()
  const file = (path: string, text: string): string => {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
    return join(folder, path)
  }
  const id = await importIdOf('s', file('a/x.ndjson', '{}'))
  expect(id).toMatch(/^[0-9a-f]{16}$/)
  expect(await importIdOf('s', file('b/x.ndjson', '[]'))).toBe(id)
  expect(await importIdOf('t', file('b/x.ndjson', '[]'))).not.toBe(id)
  expect(await importIdOf('s', file('b/y.ndjson', '[]'))).not.toBe(id)
  expect(await importIdOf('s', file('c/x.ndjson', '{} '))).not.toBe(id)
})
