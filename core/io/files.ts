import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'

/** The file system as the archive uses it: a seam, so that tests can forget what was not synced or fill the disk. */
export interface Files {
  makeDirectory(path: string): Promise<void>
  /** Writes a new file and syncs it. */
  writeSynced(path: string, text: string): Promise<void>
  /** Syncs a file that somebody else wrote. */
  sync(path: string): Promise<void>
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>
  /** Gives a file a second name; answers false, and changes nothing, where that name is taken. */
  link(existing: string, name: string): Promise<boolean>
  /** Gives a file the name of another, in whose place it is from then on: there is no moment without either. */
  replace(path: string, name: string): Promise<void>
  remove(path: string): Promise<void>
  /** Names in a directory; none where there is no such directory. */
  list(path: string): Promise<string[]>
  readText(path: string): Promise<string>
  describe(path: string): Promise<{ readonly sizeBytes: number; readonly modifiedMs: number }>
  sha256(path: string): Promise<string>
}

export const nodeFiles: Files = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true })
  },
  async writeSynced(path, text) {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
  },
  sync: syncPath,
  syncDirectory: syncPath,
  async link(existing, name) {
    try {
      await link(existing, name)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  },
  replace: rename,
  async remove(path) {
    await rm(path, { force: true })
  },
  async list(path) {
    try {
      return await readdir(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  },
  readText: path => readFile(path, 'utf8'),
  async describe(path) {
    const found = await stat(path)
    return { sizeBytes: found.size, modifiedMs: found.mtimeMs }
  },
  async sha256(path) {
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
    return hash.digest('hex')
  },
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
