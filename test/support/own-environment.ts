import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What would make a developer's own settings part of a test. */
const SETTINGS = /^(TWOFOLD_|KAFKA_|CLICKHOUSE_|VITEST|NODE_OPTIONS|NODE_ENV)/

/** The variables of this process that `twofold` may have in a test. */
export function inheritedEnvironment(): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => !SETTINGS.test(name))
  return Object.fromEntries(inherited) as Record<string, string>
}

/**
 * Makes a folder for temporary files. What tsx has compiled is kept between runs and shared: without it each start
 * would compile everything anew.
 */
export function prepareTemporaryFolder(folder: string): void {
  mkdirSync(folder)
  for (const cache of readdirSync(tmpdir()).filter(name => name.startsWith('tsx-')))
    symlinkSync(join(tmpdir(), cache), join(folder, cache))
}
