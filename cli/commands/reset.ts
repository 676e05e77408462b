import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { acquireInstanceLock } from '../../core/io/process/instance-lock.ts'
import { awaitOrphans } from '../../core/io/process/orphans.ts'
import { TwofoldError } from '../../core/model/errors.ts'
import { outputMode, present } from '../output/mode.ts'
import { assertDataDir, removeDataDir } from '../platform/data-dir.ts'
import { dataDirWithoutProject, type GlobalFlags, openWorkspace } from '../project/workspace.ts'
import { PLATFORM_LOCK } from '../start/platform-lock.ts'

const ORPHANS_TIMEOUT_MS = 15_000

/** Removes a data directory: the archive, the embedded servers' data, logs and secrets. */
export async function reset(flags: GlobalFlags & { readonly yes?: boolean }): Promise<void> {
  const dataDir = await dataDirOf(flags)
  if (!existsSync(dataDir))
    return present(outputMode(flags), { dataDir, removed: false }, () => `There is no ${dataDir}.`)
  assertDataDir(dataDir)
  const lock = await acquireInstanceLock(dataDir, PLATFORM_LOCK)
  try {
    if (flags.yes !== true) await confirm(dataDir)
    // Children of a platform that was killed may still be at work on the files.
    for (const folder of [dataDir, join(dataDir, 'clickhouse'), join(dataDir, 'kafka')])
      await awaitOrphans(folder, { timeoutMs: ORPHANS_TIMEOUT_MS })
    removeDataDir(dataDir)
  } finally {
    lock.release()
  }
  present(outputMode(flags), { dataDir, removed: true }, () => `Removed ${dataDir}.`)
}

/** Also where the configuration can no longer be loaded: then it is the folder's own data directory. */
async function dataDirOf(flags: GlobalFlags): Promise<string> {
  if (flags.data !== undefined) return dataDirWithoutProject(flags)
  try {
    return (await openWorkspace(flags)).dataDir
  } catch (error) {
    if (flags.config !== undefined) throw error
    return dataDirWithoutProject(flags)
  }
}

async function confirm(dataDir: string): Promise<void> {
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true)
    throw new TwofoldError('NOT_CONFIRMED', `Nobody can be asked whether to remove ${dataDir}.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Remove ${dataDir} with all events and results in it? [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new TwofoldError('NOT_CONFIRMED', 'Nothing was removed.')
}
