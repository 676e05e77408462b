import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  removeScratchFilesOf,
  sweepScratchFiles,
  throughScratchFile,
} from '../../../../../core/io/duckdb/scratch-file.ts'

/** Where scratch files are. */
async function scratchFolder(): Promise<string> {
  let path = ''
  await throughScratchFile(async scratch => {
    path = scratch
    writeFileSync(scratch, 'bytes')
  })
  expect(existsSync(path)).toBe(false)
  return dirname(path)
}

/** Numbers that no process of this machine has. */
const [DEAD, OTHER] = [2 ** 30 + process.pid, 2 ** 30 + process.pid + 1]

/** A file as a killed process leaves it. */
async function leave(pid: number, ageMs: number): Promise<string> {
  const path = join(await scratchFolder(), `twofold-${pid}-left.parquet`)
  writeFileSync(path, '')
  const then = (Date.now() - ageMs) / 1000
  utimesSync(path, then, then)
  onTestFinished(() => removeScratchFilesOf(pid))
  return path
}

test('the bytes that were written come back, also of a write that fails nothing stays', async () => {
  expect(Buffer.from(await throughScratchFile(async path => writeFileSync(path, 'bytes'))).toString()).toBe(
    'bytes',
  )
  let failed = ''
  const failing = throughScratchFile(async path => {
    failed = path
    writeFileSync(path, 'half')
    throw new Error('no room')
  })
  await expect(failing).rejects.toThrow('no room')
  expect(existsSync(failed)).toBe(false)
})

test('what a killed process left goes with it, and nothing of another', async () => {
  const [dead, other] = [await leave(DEAD, 0), await leave(OTHER, 0)]
  await removeScratchFilesOf(DEAD)
  expect([existsSync(dead), existsSync(other)]).toEqual([false, true])
})

test('what was left long ago is swept, and nothing that may still be written', async () => {
  const [old, young] = [await leave(DEAD, 2 * 3_600_000), await leave(OTHER, 60_000)]
  await sweepScratchFiles()
  expect([existsSync(old), existsSync(young)]).toEqual([false, true])
})
