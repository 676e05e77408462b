import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { TwofoldError } from '../../model/errors.ts'

export interface InstanceLock {
  /** Lets go. The kernel does the same when the process ends, by whatever means. */
  release(): void
}

const LOCK_EXCLUSIVE = 2
const LOCK_NON_BLOCKING = 4

/**
 * Takes the exclusive lock `name` of a directory, so that one platform at a time works on it.
 *
 * It is a `flock`: atomic between simultaneous starts, and gone at once with the process that holds it, also
 * after SIGKILL, so no lock is ever stale. The file's content, the PID of the holder, serves the message alone.
 *
 * @throws DATA_DIR_IN_USE if another process, or this one, holds it
 * @throws DATA_DIR_LOCK_FAILED if the file system knows no locks
 */
export async function acquireInstanceLock(dataDir: string, name: string): Promise<InstanceLock> {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, `${name}.lock`)
  // Node opens with O_CLOEXEC: no child inherits the lock.
  const descriptor = openSync(path, 'a+', 0o600)
  try {
    const failure = await tryLock(descriptor)
    if (failure === constants.errno.EWOULDBLOCK) throw inUse(dataDir, path)
    if (failure !== 0) throw new Error(`flock failed with error number ${failure}`)
    ftruncateSync(descriptor)
    writeSync(descriptor, String(process.pid))
  } catch (cause) {
    closeSync(descriptor)
    if (cause instanceof TwofoldError) throw cause
    throw new TwofoldError('DATA_DIR_LOCK_FAILED', `Could not lock ${path}: ${(cause as Error).message}.`, {
      details: { path },
      cause,
    })
  }
  let held = true
  return {
    release() {
      if (held) closeSync(descriptor)
      held = false
    },
  }
}

/** Node has no `flock`, so the C library's is called. Answers with the error number, 0 where it is ours. */
async function tryLock(descriptor: number): Promise<number> {
  const { DataType, load, open } = await import('ffi-rs')
  open({ library: 'libc', path: '' })
  const { value, errnoCode } = load<typeof DataType.I32, true>({
    library: 'libc',
    funcName: 'flock',
    retType: DataType.I32,
    paramsType: [DataType.I32, DataType.I32],
    paramsValue: [descriptor, LOCK_EXCLUSIVE | LOCK_NON_BLOCKING],
    errno: true,
  })
  return value === 0 ? 0 : errnoCode
}

function inUse(dataDir: string, path: string): TwofoldError {
  const holder = Number.parseInt(readFileSync(path, 'utf8'), 10)
  const pid = Number.isNaN(holder) ? undefined : holder
  const who = pid === process.pid ? 'this process' : pid === undefined ? 'another process' : `process ${pid}`
  return new TwofoldError('DATA_DIR_IN_USE', `The data directory ${dataDir} is in use by ${who}.`, {
    details: { dataDir, pid },
  })
}
