import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'

const OWNER_ONLY = 0o600

/** Writes a file that its owner alone can read, whole or not at all, whatever mode it had before. */
export function writePrivate(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: OWNER_ONLY })
  renameSync(`${path}.new`, path)
}

/** The secret kept at `path`, made at random (256 bits) the first time. */
export function lastingSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const secret = randomBytes(32).toString('base64url')
    writePrivate(path, secret)
    return secret
  }
}
