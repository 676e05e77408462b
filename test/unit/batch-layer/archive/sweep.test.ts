import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sweepStaging } from '../../../../batch-layer/archive/sweep.ts'
import { nodeFiles } from '../../../../core/io/files.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

test('old files that no descriptor names go; young, named and unknown ones stay', async () => {
  const folder = temporaryFolder()
  const hourAgo = Date.now() / 1000 - 3600
  for (const name of [
    'a.parquet',
    'b.parquet',
    'c.parquet',
    'a.parquet.staging',
    '00000000000000000000.json',
    'notes.txt',
  ]) {
    writeFileSync(join(folder, name), '')
    if (name !== 'c.parquet') utimesSync(join(folder, name), hourAgo, hourAgo)
  }
  expect(await sweepStaging(nodeFiles, folder, new Set(['b.parquet']))).toBe(2)
  expect(readdirSync(folder).sort()).toEqual([
    '00000000000000000000.json',
    'b.parquet',
    'c.parquet',
    'notes.txt',
  ])
  expect(await sweepStaging(nodeFiles, folder, new Set(['b.parquet']), 0)).toBe(1)
})

test('a folder that is not there has nothing to sweep', async () => {
  expect(await sweepStaging(nodeFiles, join(temporaryFolder(), 'none'), new Set())).toBe(0)
})
