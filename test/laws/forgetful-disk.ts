import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Files, nodeFiles } from '../../core/io/files.ts'

/**
 * What a power cut leaves of the names that were made, or removed, since their folder was last synced. A disk may do
 * any of it: nothing of them, all of them, or the newest without those before it.
 */
export const SURVIVALS = ['none', 'all', 'newest'] as const
export type Survival = (typeof SURVIVALS)[number]

/** How a process ends before one of its steps on the disk: alone, or with the power. */
export interface End {
  /** The step it does not come to, from 1 on; a step is a call that changes or syncs something. */
  readonly beforeStep: number
  readonly by: 'kill' | Survival
}

/** What a process on the disk fails with once it has ended. */
export class Ended extends Error {
  override readonly name = 'Ended'
}

/** A file under all its names: what a power cut leaves of its bytes. */
interface Inode {
  synced: Uint8Array
}

/** Name → file or folder. */
type Names = ReadonlyMap<string, Inode | 'folder'>

/**
 * A folder on a disk that forgets: after a power cut it holds the bytes that were synced, under the names that were
 * synced with their folder, and what else `Survival` says. All that POSIX promises, and no more.
 */
export class ForgetfulDisk {
  readonly #root: string
  readonly #inodes = new Map<string, Inode>()
  /** Folder → its names when it was last synced. */
  readonly #synced = new Map<string, Names>()
  #newest: string | undefined

  /** @param root a folder that is there for good */
  constructor(root: string) {
    this.#root = root
    this.#settle(root)
  }

  /** The disk as one process sees it. */
  files(end?: End): Files {
    let steps = 0
    let hasEnded = false
    const read = async <T>(call: () => Promise<T>): Promise<T> => {
      if (hasEnded) throw new Ended(`a process ended before its step ${steps}`)
      return call()
    }
    const act = <T>(call: () => Promise<T>): Promise<T> => {
      if (!hasEnded && ++steps === end?.beforeStep) {
        hasEnded = true
        if (end.by !== 'kill') this.cutPower(end.by)
      }
      return read(call)
    }
    return {
      makeDirectory: path => act(() => nodeFiles.makeDirectory(path)),
      writeSynced: (path, text) => act(() => this.#writeSynced(path, text)),
      sync: path => act(async () => this.#syncFile(path)),
      syncDirectory: path => act(async () => this.#syncFolder(path)),
      link: (existing, name) => act(() => this.#link(existing, name)),
      replace: (path, name) => act(() => this.#replace(path, name)),
      remove: path => act(() => this.#remove(path)),
      list: path => read(() => nodeFiles.list(path)),
      readText: path => read(() => nodeFiles.readText(path)),
      describe: path => read(() => nodeFiles.describe(path)),
      sha256: path => read(() => nodeFiles.sha256(path)),
    }
  }

  /** Leaves what a power cut leaves; all of that is durable then. */
  cutPower(survival: Survival): void {
    this.#restore(this.#root, survival)
    this.#inodes.clear()
    this.#newest = undefined
    this.#settle(this.#root)
  }

  async #writeSynced(path: string, text: string): Promise<void> {
    await nodeFiles.writeSynced(path, text)
    this.#syncFile(path)
    this.#newest = path
  }

  async #link(existing: string, name: string): Promise<boolean> {
    if (!(await nodeFiles.link(existing, name))) return false
    this.#inodes.set(name, this.#inode(existing))
    this.#newest = name
    return true
  }

  async #replace(path: string, name: string): Promise<void> {
    await nodeFiles.replace(path, name)
    this.#inodes.set(name, this.#inode(path))
    this.#inodes.delete(path)
    this.#newest = name
  }

  async #remove(path: string): Promise<void> {
    await nodeFiles.remove(path)
    this.#inodes.delete(path)
  }

  #syncFile(path: string): void {
    this.#inode(path).synced = readFileSync(path)
  }

  #syncFolder(folder: string): void {
    this.#synced.set(folder, this.#namesIn(folder))
  }

  /** Files that others write, DuckDB for one, are met here first; nothing of them has been synced. */
  #inode(path: string): Inode {
    const known = this.#inodes.get(path)
    if (known !== undefined) return known
    const inode = { synced: new Uint8Array() }
    this.#inodes.set(path, inode)
    return inode
  }

  #namesIn(folder: string): Names {
    const entries = readdirSync(folder, { withFileTypes: true })
    return new Map(
      entries.map(entry => [
        entry.name,
        entry.isDirectory() ? 'folder' : this.#inode(join(folder, entry.name)),
      ]),
    )
  }

  #restore(folder: string, survival: Survival): void {
    const surviving = this.#survivingIn(folder, survival)
    for (const name of readdirSync(folder))
      if (!surviving.has(name)) rmSync(join(folder, name), { recursive: true })
    for (const [name, file] of surviving) {
      const path = join(folder, name)
      if (file === 'folder') {
        mkdirSync(path, { recursive: true })
        this.#restore(path, survival)
      } else {
        // Not over its bytes in place: it may have another name, under which it is another file from here on.
        rmSync(path, { force: true })
        writeFileSync(path, file.synced)
      }
    }
  }

  #survivingIn(folder: string, survival: Survival): Names {
    const synced = this.#synced.get(folder) ?? new Map()
    if (survival === 'none') return synced
    const now = this.#namesIn(folder)
    if (survival === 'all') return now
    const newest = this.#newest
    if (newest === undefined || dirname(newest) !== folder || !existsSync(newest)) return synced
    return new Map([...synced, [newest.slice(folder.length + 1), this.#inode(newest)]])
  }

  /** All that is below `folder` has come to stay. */
  #settle(folder: string): void {
    for (const [name, file] of this.#namesIn(folder)) {
      if (file === 'folder') this.#settle(join(folder, name))
      else this.#syncFile(join(folder, name))
    }
    this.#syncFolder(folder)
  }
}
