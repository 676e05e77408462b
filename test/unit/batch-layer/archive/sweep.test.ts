import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sweepStaging } from '../../../../batch-layer/archive/sweep.ts'
import { nodeFiles } from '../../../../core/io/files.ts'
import { segment } from '../../../support/segments.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const dataFile = (start: number, name: string) => `${String(start).padStart(20, '0')}-${name}.parquet`
const [LEFT, NAMED, YOUNG, AHEAD] = [
  dataFile(0, 'left'),
  dataFile(0, 'named'),
  dataFile(5, 'young'),
  dataFile(10, 'ahead'),
]
const chain = { segments: [segment(0, 0, 10, { file: NAMED })], end: 10 }

test('old files whose offsets another segment holds go; young, named, unknown ones and those ahead stay', async () => {
  const folder = temporaryFolder()
  const hourAgo = Date.now() / 1000 - 3600
  const others = [`${NAMED}.staging`, '00000000000000000000.json', 'notes.txt']
  for (const name of [LEFT, NAMED, YOUNG, AHEAD, ...others]) {
    writeFileSync(join(folder, name), '')
    if (name !== YOUNG) utimesSync(join(folder, name), hourAgo, hourAgo)
  }
  expect(await sweepStaging(nodeFiles, folder, chain)).toBe(2)
  const kept = ['00000000000000000000.json', NAMED, AHEAD, 'notes.txt']
  expect(readdirSync(folder).sort()).toEqual([...kept, YOUNG].sort())
  expect(await sweepStaging(nodeFiles, folder, chain, 0)).toBe(1)
  expect(readdirSync(folder).sort()).toEqual([...kept].sort())
})

test('a folder that is not there has nothing to sweep', async () => {
  expect(await sweepStaging(nodeFiles, join(temporaryFolder(), 'none'), chain)).toBe(0)
})
