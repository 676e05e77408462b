import { join } from 'node:path'
import type { Files } from '../../core/io/files.ts'

/** Holds what a repair has taken out of a partition's folder. Nothing in it is ever read or removed by Twofold. */
const QUARANTINE = 'quarantine'

/** Moves a file of a partition's folder into its quarantine, if it is still there, and answers its new path. */
export async function setAside(files: Files, folder: string, name: string): Promise<string | undefined> {
  const kept = await keepCopy(files, folder, name)
  if (kept === undefined) return undefined
  await files.remove(join(folder, name))
  await files.syncDirectory(folder)
  return kept
}

/** Gives a file a second name in the quarantine, durably, and leaves it where it is; `undefined` where it is not there. */
export async function keepCopy(files: Files, folder: string, name: string): Promise<string | undefined> {
  const quarantine = join(folder, QUARANTINE)
  await files.makeDirectory(quarantine)
  for (let count = 1; ; count++) {
    const kept = join(quarantine, count === 1 ? name : `${name}.${count}`)
    const outcome = await linkOrMissing(files, join(folder, name), kept)
    if (outcome === undefined) return undefined
    // Named so already by a repair that was killed: the same file needs no second copy.
    if (!outcome && !(await isSame(files, join(folder, name), kept))) continue
    await files.syncDirectory(quarantine)
    return kept
  }
}

async function linkOrMissing(files: Files, existing: string, name: string): Promise<boolean | undefined> {
  return files.link(existing, name).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

async function isSame(files: Files, one: string, other: string): Promise<boolean> {
  return (await files.sha256(one)) === (await files.sha256(other))
}

/** Removes the descriptors that a killed repair did not come to place. One repair at a time is at work. */
export async function removeUnplaced(files: Files, folder: string): Promise<void> {
  for (const name of await files.list(folder))
    if (/^\d{20}\.repair-.+\.staging$/.test(name)) await files.remove(join(folder, name))
}
