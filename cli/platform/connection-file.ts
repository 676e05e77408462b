import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { processIdentity } from '../../core/io/process/process-identity.ts'

/**
 * What `start` leaves in the data directory while it runs, for other commands and for layers that run on their own.
 * It names the embedded servers alone: an external one is named by the environment or the configuration, which
 * every command reads anyway, and its password is never copied to disk.
 */
export interface ConnectionFile {
  readonly pid: number
  /** Tells the process from a later one with the same number. */
  readonly identity: string
  readonly startedAt: string
  readonly configPath: string
  readonly apiUrl: string
  readonly kafka: { readonly brokers: readonly string[] } | undefined
  readonly clickhouse: ClickHouseAccess | undefined
}

export interface ClickHouseAccess {
  /** Scheme, host and port: it is shown to people. */
  readonly url: string
  readonly user: string
  readonly password: string
}

const FILE_NAME = 'connection.json'

/** Writes the file for this process, readable by its owner alone. */
export function writeConnectionFile(
  dataDir: string,
  content: Omit<ConnectionFile, 'pid' | 'identity' | 'startedAt'>,
): void {
  const path = join(dataDir, FILE_NAME)
  const file: ConnectionFile = {
    pid: process.pid,
    identity: processIdentity(process.pid)!,
    startedAt: new Date().toISOString(),
    ...content,
  }
  // Renamed into place, so that nobody reads half of it, and made anew, so that an older file's mode is not kept.
  rmSync(`${path}.new`, { force: true })
  writeFileSync(`${path}.new`, JSON.stringify(file, null, 2), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** What runs in the data directory; `undefined` where nothing does, also where one was killed and left its file. */
export function readConnectionFile(dataDir: string): ConnectionFile | undefined {
  let file: ConnectionFile
  try {
    file = JSON.parse(readFileSync(join(dataDir, FILE_NAME), 'utf8'))
  } catch {
    return undefined
  }
  return processIdentity(file.pid) === file.identity ? file : undefined
}

export function removeConnectionFile(dataDir: string): void {
  rmSync(join(dataDir, FILE_NAME), { force: true })
}
