import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { TwofoldError } from '../../core/model/errors.ts'

/**
 * The path of a sample file: relative to the configuration's folder, or `npm:PACKAGE/PATH` for a file inside an
 * installed package. Packages are looked for as Node does, from that folder and from Twofold itself, but by their
 * folders: a package's `exports` may hide its files from `require.resolve`.
 *
 * @throws FILE_UNREADABLE naming where it was looked for
 */
export function locateSample(file: string, configFolder: string): string {
  const match = /^npm:((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(file)
  const places =
    match === null ? [resolve(configFolder, file)] : packagePlaces(match[1]!, match[2]!, configFolder)
  const found = places.find(place => existsSync(place))
  if (found !== undefined) return found
  throw new TwofoldError(
    'FILE_UNREADABLE',
    `There is no sample file ${file}; looked for ${places.join(', ')}.`,
    {
      details: { file, places },
      ...(match === null ? {} : { hint: `Install the package: npm install ${match[1]}` }),
    },
  )
}

function packagePlaces(name: string, path: string, configFolder: string): string[] {
  const folders = [resolve(configFolder, 'twofold.config.ts'), import.meta.url].flatMap(
    from => createRequire(from).resolve.paths(name) ?? [],
  )
  return [...new Set(folders)].map(folder => join(folder, name, path))
}
