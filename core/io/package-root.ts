import { existsSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that this package is installed in, with a separator at its end. */
export const PACKAGE_ROOT = join(nearestPackage(fileURLToPath(import.meta.url)), sep)

/**
 * The path of a program that runs as a process of its own, as `npm run build` has made it: `cli/layer-main` for one.
 * Whoever starts it may run from the source.
 */
export function builtProgram(name: string): string {
  return join(PACKAGE_ROOT, 'dist', `${name}.js`)
}

/** The source and what is built of it lie at different depths. */
function nearestPackage(path: string): string {
  const folder = dirname(path)
  return existsSync(join(folder, 'package.json')) ? folder : nearestPackage(folder)
}
