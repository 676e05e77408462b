import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { prepareDataDir, removeDataDir } from '../../../../cli/platform/data-dir.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const foreign = expect.objectContaining({ code: 'DATA_DIR_FOREIGN' })

describe('a data directory', () => {
  it('is made of a new or an empty folder, and stays one', () => {
    const dataDir = join(temporaryFolder(), 'a', 'b')
    prepareDataDir(dataDir)
    writeFileSync(join(dataDir, 'more'), '')
    prepareDataDir(dataDir)
    removeDataDir(dataDir)
    expect(existsSync(dataDir)).toBe(false)
  })

  it('is never made of a folder that holds something else, nor is such a one removed', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'thesis.txt'), 'years of work')
    expect(() => prepareDataDir(folder)).toThrow(foreign)
    expect(() => removeDataDir(folder)).toThrow(foreign)
    expect(existsSync(join(folder, 'thesis.txt'))).toBe(true)
  })

  it('is refused where a later version of Twofold laid it out (FORMAT_UNSUPPORTED)', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'twofold-data.json'), '{"format":99}')
    expect(() => prepareDataDir(folder)).toThrow(
      expect.objectContaining({ code: 'FORMAT_UNSUPPORTED', message: expect.stringContaining('format 99') }),
    )
  })

  it('whose mark is still being written by another process is one', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'twofold-data.json'), '')
    prepareDataDir(folder)
  })

  it('is made of a fresh volume', () => {
    const volume = temporaryFolder()
    mkdirSync(join(volume, 'lost+found'))
    prepareDataDir(volume)
    removeDataDir(volume)
  })

  it('cannot be made where a file stands', () => {
    const path = join(temporaryFolder(), 'file')
    writeFileSync(path, '')
    expect(() => prepareDataDir(path)).toThrow(expect.objectContaining({ code: 'DATA_DIR_UNUSABLE' }))
  })
})
