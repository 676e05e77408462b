import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { awaitOrphans, recordChild } from '../../../core/io/process/orphans.ts'
import { processIdentity } from '../../../core/io/process/process-identity.ts'
import { isAlive, logLine, startProgram } from '../../support/processes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a start waits for the children of one that was killed', async () => {
  const folder = temporaryFolder()
  const parent = startProgram('parent', join(folder, 'log'), [folder, '2000'])
  const workerPid = Number((await logLine(join(folder, 'log'), /hello from (\d+)/))[1])
  parent.kill()
  await parent.exited
  expect(isAlive(workerPid)).toBe(true)
  expect(await awaitOrphans(folder, { timeoutMs: 60_000 })).toEqual([
    { name: 'worker', pid: workerPid, killed: false },
  ])
  expect(isAlive(workerPid)).toBe(false)
})

test('a child that does not end in time is killed', async () => {
  const folder = temporaryFolder()
  const deaf = startProgram('lock-holder', join(folder, 'log'), [folder])
  await logLine(join(folder, 'log'), /locked/)
  recordChild(folder, deaf)
  expect(await awaitOrphans(folder, { timeoutMs: 100 })).toEqual([
    { name: 'lock-holder', pid: deaf.pid, killed: true },
  ])
  expect(await deaf.exited).toEqual({ code: null, signal: 'SIGKILL' })
  expect(await awaitOrphans(folder, { timeoutMs: 100 })).toEqual([])
})

test('a process that was given the number of an earlier child is left alone', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'children'))
  const record = { name: 'worker', pid: process.pid, identity: 'of an earlier process' }
  writeFileSync(join(folder, 'children', `worker-${process.pid}.json`), JSON.stringify(record))
  expect(await awaitOrphans(folder, { timeoutMs: 10_000 })).toEqual([])
})

test('a child that has ended is off the record', () => {
  const folder = temporaryFolder()
  const forget = recordChild(folder, { name: 'worker', pid: process.pid })
  expect(readdirSync(join(folder, 'children'))).toEqual([`worker-${process.pid}.json`])
  forget()
  expect(readdirSync(join(folder, 'children'))).toEqual([])
})

test('a process has one identity, and none after its end', async () => {
  const folder = temporaryFolder()
  const child = startProgram('lock-holder', join(folder, 'log'), [folder])
  const identity = processIdentity(child.pid)
  expect(identity).toBeTruthy()
  expect(processIdentity(child.pid)).toBe(identity)
  expect(processIdentity(process.pid)).not.toBe(identity)
  child.kill()
  await child.exited
  expect(processIdentity(child.pid)).toBeUndefined()
})

test('a child that cannot be killed stops the start (ORPHAN_ALIVE)', async () => {
  const folder = temporaryFolder()
  const deaf = startProgram('lock-holder', join(folder, 'log'), [folder])
  await logLine(join(folder, 'log'), /locked/)
  recordChild(folder, deaf)
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
  try {
    await expect(awaitOrphans(folder, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ORPHAN_ALIVE',
      details: { name: 'lock-holder', pid: deaf.pid },
    })
  } finally {
    kill.mockRestore()
  }
})
