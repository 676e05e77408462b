import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { TwofoldError } from '../../core/model/errors.ts'

const CONFIG_NAMES = ['twofold.config.ts', 'twofold.config.mts', 'twofold.config.js', 'twofold.config.mjs']

/**
 * The absolute path of the configuration: the one asked for (a file, or a folder that holds one), else the one in
 * `folder`, else `fallback`. @throws CONFIG_NOT_FOUND, saying where it was looked for
 */
export function findConfig(asked: string | undefined, folder: string, fallback?: string): string {
  if (asked !== undefined) return findAsked(resolve(folder, asked))
  const found = configIn(folder) ?? fallback
  if (found !== undefined) return found
  throw missingIn(folder)
}

function findAsked(path: string): string {
  if (!existsSync(path)) {
    throw new TwofoldError('CONFIG_NOT_FOUND', `The configuration ${path} does not exist.`, {
      details: { path },
    })
  }
  if (!statSync(path).isDirectory()) return path
  const inside = configIn(path)
  if (inside !== undefined) return inside
  throw missingIn(path)
}

function missingIn(folder: string): TwofoldError {
  return new TwofoldError('CONFIG_NOT_FOUND', `There is no ${CONFIG_NAMES[0]} in ${folder}.`, {
    details: { folder },
  })
}

function configIn(folder: string): string | undefined {
  return CONFIG_NAMES.map(name => join(folder, name)).find(path => existsSync(path))
}
