import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { isAlive, logLine, startProgram, until } from '../../support/processes.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('a child does what its parent tells it, and stops cleanly when told to end', async () => {
  const log = join(temporaryFolder(), 'log')
  const worker = startProgram('worker', log)
  worker.tell({ greeting: 'good morning', stopTakesMs: 0 })
  await logLine(log, new RegExp(`good morning from ${worker.pid}`))
  expect(await worker.end(60_000)).toEqual({ code: 0, signal: null })
  await logLine(log, /stopped cleanly/)
  expect(await worker.end(60_000)).toEqual({ code: 0, signal: null })
})

test('a child that cannot stop in time ends within its own bound', async () => {
  const log = join(temporaryFolder(), 'log')
  const worker = startProgram('worker', log)
  worker.tell({ greeting: 'hello', stopTakesMs: 60_000 })
  await logLine(log, /hello/)
  expect(await worker.end(60_000)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a child that does not listen is killed after the time its parent gives', async () => {
  const log = join(temporaryFolder(), 'log')
  const deaf = startProgram('lock-holder', log, [temporaryFolder()])
  await logLine(log, /locked/)
  expect(await deaf.end(200)).toEqual({ code: null, signal: 'SIGKILL' })
})

test('a child trusts the authorities that its parent is told to trust', async () => {
  vi.stubEnv('NODE_EXTRA_CA_CERTS', '/nowhere/ca.pem')
  onTestFinished(() => void vi.unstubAllEnvs())
  const log = join(temporaryFolder(), 'log')
  startProgram('worker', log)
  // Node tells of the file as it starts.
  await logLine(log, /extra certs from `\/nowhere\/ca\.pem`/)
})

test('a child ends when its parent is killed', async () => {
  const folder = temporaryFolder()
  const log = join(folder, 'log')
  const parent = startProgram('parent', log, [folder])
  const workerPid = Number((await logLine(log, /hello from (\d+)/))[1])
  parent.kill()
  await until('the worker has ended', () => !isAlive(workerPid))
})

test('a process that the operating system refuses is told (CHILD_FAILED)', () => {
  const node = process.execPath
  process.execPath = '/no/such/program'
  try {
    expect(() => startProgram('worker', join(temporaryFolder(), 'log'))).toThrow(
      expect.objectContaining({ code: 'CHILD_FAILED' }),
    )
  } finally {
    process.execPath = node
  }
})
