import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Topic → partition → the offset up to which somebody wants the records archived now. */
export type FlushTargets = Readonly<Record<string, Readonly<Record<string, number>>>>

/**
 * A file of the data directory, where the archive is, too: whoever archives there sees it, in whatever process. It
 * stays: a target that has been reached asks for nothing.
 */
const fileOf = (dataDir: string) => join(dataDir, 'archive-flush.json')

/** Asks whoever archives into a data directory not to wait for more records below these offsets. */
export function requestFlush(dataDir: string, targets: FlushTargets): void {
  const path = fileOf(dataDir)
  const staged = `${path}.${randomUUID()}`
  writeFileSync(staged, JSON.stringify(targets))
  renameSync(staged, path)
}

/** What was asked for last; nothing where nobody asked, or the file is none of ours. */
export function requestedFlush(dataDir: string): FlushTargets {
  try {
    return Object(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')))
  } catch {
    return {}
  }
}
