import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { TwofoldError } from '../../model/errors.ts'
import { acquireInstanceLock } from './instance-lock.ts'

/** A folder of one process, for what is worth nothing once it has ended. */
export interface TemporaryFolder {
  readonly path: string
  /** Removes it and all that is in it. */
  remove(): void
}

const OWNER = 'owner'
/** A folder this young may not have been locked yet. */
const YOUNG_MS = 60_000

/** Makes a folder in the data directory's place for temporary ones, and removes what killed processes left there. */
export async function openTemporaryFolder(dataDir: string, purpose: string): Promise<TemporaryFolder> {
  const parent = join(dataDir, 'tmp')
  mkdirSync(parent, { recursive: true })
  for (const name of readdirSync(parent)) await removeAbandoned(join(parent, name))
  const path = mkdtempSync(join(parent, `${purpose}-`))
  // A lock and not a process number: numbers mean nothing to a process of another container on the same directory.
  const lock = await acquireInstanceLock(path, OWNER)
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true })
      lock.release()
    },
  }
}

/** Removes a folder whose owner no longer lives. */
async function removeAbandoned(path: string): Promise<void> {
  if (!existsSync(join(path, `${OWNER}.lock`)) || Date.now() - statSync(path).mtimeMs < YOUNG_MS) return
  try {
    const lock = await acquireInstanceLock(path, OWNER)
    rmSync(path, { recursive: true, force: true })
    lock.release()
  } catch (error) {
    // Its owner lives, or has removed it this moment.
    const code = error instanceof TwofoldError ? error.code : (error as NodeJS.ErrnoException).code
    if (code !== 'DATA_DIR_IN_USE' && code !== 'ENOENT') throw error
  }
}
