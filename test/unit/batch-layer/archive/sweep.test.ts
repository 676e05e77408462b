import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sweepStaging } from '../../../../batch-layer/archive/sweep.ts'
import { nodeFiles } from '../../../../core/io/files.ts'
import { segment } from '../../../support/segments.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const at = (offset: number, rest: string) => `${String(offset).padStart(20, '0')}${rest}`
const NAMED = at(0, '-linked.parquet')
const chain = { segments: [segment(0, 0, 10, { file: NAMED })], end: 10 }

test('what no descriptor names goes once the archive has passed it, however old or young it looks', async () => {
  const folder = temporaryFolder()
  const kept = [
    NAMED,
    at(0, '.json'),
    at(10, '-next.parquet'),
    at(10, '-next.parquet.staging'),
    'notes.txt',
    at(5, '.repair-now.parquet'),
  ]
  for (const name of [...kept, at(0, '-late.parquet'), at(9, '-late.parquet.staging')])
    writeFileSync(join(folder, name), '')
  const hourAgo = Date.now() / 1000 - 3600
  for (const name of kept) utimesSync(join(folder, name), hourAgo, hourAgo)
  expect(await sweepStaging(nodeFiles, folder, chain)).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(kept.toSorted())
  const behind = { segments: [...chain.segments, segment(0, 10, 20)], end: 20 }
  expect(await sweepStaging(nodeFiles, folder, behind)).toBe(false)
  expect(readdirSync(folder).sort()).toEqual(kept.filter(name => !name.includes('-next')).toSorted())
})

test('a folder that is not there has nothing to sweep', async () => {
  expect(await sweepStaging(nodeFiles, join(temporaryFolder(), 'none'), chain)).toBe(false)
})
