import { TwofoldError } from '../../core/model/errors.ts'
import { dataDirWithoutProject, type GlobalFlags, openWorkspace } from '../project/workspace.ts'
import { readConnectionFile } from './connection-file.ts'

/**
 * Where the HTTP API is: `--api`, else the platform that runs in the current folder's data directory, else in that
 * of the configuration. @throws NOT_RUNNING
 */
export async function apiUrlOf(flags: GlobalFlags & { readonly api?: string }): Promise<string> {
  if (flags.api !== undefined) return flags.api.replace(/\/+$/, '')
  const here = flags.config === undefined ? readConnectionFile(dataDirWithoutProject(flags)) : undefined
  if (here !== undefined) return here.apiUrl
  const dataDir = await projectDataDir(flags)
  const running = readConnectionFile(dataDir)
  if (running !== undefined) return running.apiUrl
  throw new TwofoldError('NOT_RUNNING', `No platform runs in ${dataDir}.`, {
    hint: 'Start one with `twofold start`, name its data directory with --data, or the address of its API with --api.',
    details: { dataDir },
  })
}

/** A question needs no project: a folder without one is no error here. */
async function projectDataDir(flags: GlobalFlags): Promise<string> {
  try {
    return (await openWorkspace(flags)).dataDir
  } catch (error) {
    const isAbsent = error instanceof TwofoldError && error.code === 'CONFIG_NOT_FOUND'
    if (!isAbsent || flags.config !== undefined) throw error
    return dataDirWithoutProject(flags)
  }
}
