import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { openTemporaryFolder } from '../../../../../core/io/process/temporary-folder.ts'
import { temporaryFolder } from '../../../../support/temporary-folder.ts'

const makeOld = (path: string) => utimesSync(path, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600)

test('what a killed process has left goes with the next; what belongs to one that lives, or may, stays', async () => {
  const dataDir = temporaryFolder()
  const living = await openTemporaryFolder(dataDir, 'living')
  makeOld(living.path)
  const [killed, young, foreign] = ['killed', 'young', 'foreign'].map(name => join(dataDir, 'tmp', name)) as [
    string,
    string,
    string,
  ]
  for (const path of [killed, young, foreign]) {
    mkdirSync(path)
    // A lock that nobody holds is what a killed process leaves.
    if (path !== foreign) writeFileSync(join(path, 'owner.lock'), '1')
    if (path !== young) makeOld(path)
  }
  const next = await openTemporaryFolder(dataDir, 'next')
  expect(
    [living.path, killed, young, foreign].map(path => [basename(path).slice(0, 6), existsSync(path)]),
  ).toEqual([
    ['living', true],
    ['killed', false],
    ['young', true],
    ['foreig', true],
  ])
  living.remove()
  next.remove()
  expect([living.path, next.path].filter(existsSync)).toEqual([])
})
