import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acquireInstanceLock } from '../../../core/io/process/instance-lock.ts'
import { logLine, startProgram } from '../../support/processes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a second holder is refused, and told who holds the directory', async () => {
  const folder = temporaryFolder()
  const holder = startProgram('lock-holder', join(folder, 'log'), [folder])
  await logLine(join(folder, 'log'), /locked by/)
  await expect(acquireInstanceLock(folder, 'platform')).rejects.toMatchObject({
    code: 'DATA_DIR_IN_USE',
    message: `The data directory ${folder} is in use by process ${holder.pid}.`,
    details: { pid: holder.pid },
  })
})

test('the lock is free at once when its holder was killed', async () => {
  const folder = temporaryFolder()
  const holder = startProgram('lock-holder', join(folder, 'log'), [folder])
  await logLine(join(folder, 'log'), /locked by/)
  holder.kill()
  await holder.exited
  const lock = await acquireInstanceLock(folder, 'platform')
  lock.release()
})

test('of several that start at once exactly one holds it', async () => {
  const folder = temporaryFolder()
  const logs = [0, 1, 2, 3].map(number => join(folder, `log${number}`))
  for (const log of logs) startProgram('lock-holder', log, [folder])
  const said = await Promise.all(logs.map(async log => (await logLine(log, /(locked|refused: \w+).*;/))[1]))
  expect(said.toSorted()).toEqual(['locked', ...Array(3).fill('refused: DATA_DIR_IN_USE')])
})

test('within one process it is exclusive too, until it is released', async () => {
  const folder = temporaryFolder()
  const first = await acquireInstanceLock(folder, 'platform')
  await expect(acquireInstanceLock(folder, 'platform')).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' })
  const other = await acquireInstanceLock(folder, 'another')
  first.release()
  first.release()
  const again = await acquireInstanceLock(folder, 'platform')
  again.release()
  other.release()
})

test('a directory where locks cannot be kept is refused (DATA_DIR_LOCK_FAILED)', async () => {
  const folder = temporaryFolder()
  symlinkSync('/dev/null', join(folder, 'platform.lock'))
  await expect(acquireInstanceLock(folder, 'platform')).rejects.toMatchObject({
    code: 'DATA_DIR_LOCK_FAILED',
  })
})
