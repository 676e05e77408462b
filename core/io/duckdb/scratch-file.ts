import { randomUUID } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A scratch file is there for as long as a fold takes to write and to read: beyond this, its process was killed. */
const ABANDONED_AFTER_MS = 60 * 60_000

/** Runs `write` on a scratch file, in memory where the system has such a place, and answers the file's bytes. */
export async function throughScratchFile(write: (path: string) => Promise<void>): Promise<Uint8Array> {
  const path = join(scratchDirectory(), `twofold-${process.pid}-${randomUUID()}.parquet`)
  try {
    await write(path)
    return await readFile(path)
  } finally {
    await rm(path, { force: true })
  }
}

/** Removes what a process of this machine that was killed has left. */
export async function removeScratchFilesOf(pid: number): Promise<void> {
  for (const path of await scratchFiles(`twofold-${pid}-`)) await rm(path, { force: true })
}

/** Removes what was left long ago, by whomever: in memory it would stay until the machine restarts. */
export async function sweepScratchFiles(): Promise<void> {
  for (const path of await scratchFiles('twofold-')) {
    const modifiedMs = await stat(path).then(
      found => found.mtimeMs,
      () => Number.POSITIVE_INFINITY,
    )
    // Another user's file stays.
    if (Date.now() - modifiedMs > ABANDONED_AFTER_MS) await rm(path, { force: true }).catch(() => undefined)
  }
}

async function scratchFiles(prefix: string): Promise<string[]> {
  const folder = scratchDirectory()
  const names = await readdir(folder)
  return names
    .filter(name => name.startsWith(prefix) && name.endsWith('.parquet'))
    .map(name => join(folder, name))
}

function scratchDirectory(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
